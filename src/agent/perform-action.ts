import { messageOf } from '../lib/errors.js';
import type { Action, EventDraft } from './action.js';
import type { DockerClient } from './docker-client.js';
import type { ObservedNode } from './observation.js';

/**
 * done: written. refused: another program has written first, look again. not-leader: nothing was written. failed: the
 * engine refused, see `error`.
 */
interface Performed {
  readonly outcome: 'done' | 'refused' | 'not-leader' | 'failed';
  readonly events: readonly EventDraft[];
  readonly error?: unknown;
  /** The service that was written, or is to be read again. */
  readonly id?: string;
}

/** Whether the own node leads at this moment. */
async function isLeading(docker: DockerClient, selfId: string): Promise<boolean> {
  const self = await docker.get<ObservedNode>(`/nodes/${selfId}`);
  return self.ManagerStatus?.Leader === true;
}

/** One write, after one more look at who leads. */
export async function performAction(docker: DockerClient, selfId: string, action: Action): Promise<Performed> {
  if (!(await isLeading(docker, selfId))) return { outcome: 'not-leader', events: [] };
  const of = action.kind === 'update-service' || action.kind === 'remove-service' ? { id: action.id } : {};
  try {
    const made = await write(docker, action);
    return { outcome: 'done', events: action.done, ...of, ...(made !== undefined && { id: made }) };
  } catch (error) {
    const message = messageOf(error);
    const subject = action.kind.endsWith('service') ? { service: action.name } : { node: action.name };
    if (/out of sequence|already exists/.test(message)) {
      const text = `another program changed ${action.name} in the meantime: the agent checks it again`;
      return {
        outcome: 'refused',
        events: [{ level: 'info', kind: 'update-conflict', message: text, ...subject }],
        ...of,
      };
    }
    const text = `${action.kind} ${action.name} failed: ${message}`;
    const event: EventDraft = { level: 'error', kind: 'action-failed', message: text, ...subject };
    return { outcome: 'failed', error, events: [event], ...of };
  }
}

/** The ID of a service that was made. */
async function write(docker: DockerClient, action: Action): Promise<string | undefined> {
  switch (action.kind) {
    case 'update-service':
      await docker.post(`/services/${action.id}/update?version=${action.version}&registryAuthFrom=spec`, action.spec);
      return undefined;
    case 'create-service':
      return (await docker.post<{ ID?: string }>('/services/create', action.spec)).ID;
    case 'remove-service':
      await docker.delete(`/services/${action.id}`);
      return undefined;
    case 'update-node':
      await docker.post(`/nodes/${action.id}/update?version=${action.version}`, action.spec);
      return undefined;
    case 'remove-node':
      await docker.delete(`/nodes/${action.id}`);
      return undefined;
  }
}
