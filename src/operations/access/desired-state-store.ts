import {
  type ConfigObject,
  currentDesiredState,
  type CurrentDesiredState,
  type DesiredState,
  desiredStateLabel,
  desiredStateName,
  keptRevisions,
  maxDesiredStateBytes,
  parseDesiredState,
  revisionOf,
  serialiseDesiredState,
} from '../../agent/desired-state.js';
import type { EngineClient } from '../../lib/engine-client.js';
import { codeOf, SwarmupError } from '../../lib/errors.js';

/** One kept revision of the desired state; `state` is undefined where it cannot be read. */
interface StateRevision {
  readonly revision: number;
  readonly id: string;
  /** RFC 3339. */
  readonly createdAt: string;
  readonly state: DesiredState | undefined;
}

export interface StoredState extends CurrentDesiredState {
  /** All that are kept, newest first. */
  readonly revisions: readonly StateRevision[];
}

/** The desired state as the swarm keeps it, with its history. API: GET /configs. */
export async function readDesiredState(engine: EngineClient, signal: AbortSignal): Promise<StoredState> {
  const configs = await listConfigs(engine, signal);
  const revisions = configs
    .flatMap((config): StateRevision[] => {
      const revision = revisionOf(config.Spec.Name);
      if (revision === undefined) return [];
      const { state } = parseDesiredState(textOf(config));
      return [{ revision, id: config.ID, createdAt: config.CreatedAt ?? '', state }];
    })
    .sort((a, b) => b.revision - a.revision);
  return { ...currentDesiredState(configs), revisions };
}

/** The number of attempts if other programs write first. */
const maxAttempts = 8;

/**
 * Writes the next revision of the desired state, made by `change` from the newest one. If another program has written
 * first, its revision is read and `change` is called again: nothing is overwritten. Keeps the last five revisions.
 * Writes nothing if nothing changes. Errors: DESIRED_STATE_NEWER, DESIRED_STATE_TOO_LARGE, DESIRED_STATE_BUSY.
 */
export async function changeDesiredState(
  engine: EngineClient,
  signal: AbortSignal,
  change: (state: DesiredState) => DesiredState,
): Promise<{ readonly revision: number; readonly state: DesiredState; readonly changed: boolean }> {
  for (let attempt = 1; attempt <= maxAttempts; attempt += 1) {
    const stored = await readDesiredState(engine, signal);
    if (stored.revision > 0 && stored.revisions.find((r) => r.revision === stored.revision)?.state === undefined)
      throw newerState();
    const state = change(stored.state);
    const text = serialiseDesiredState(state);
    if (text === serialiseDesiredState(stored.state)) return { revision: stored.revision, state, changed: false };
    // Above those that cannot be read, too: their names are taken.
    const revision = (stored.revisions[0]?.revision ?? 0) + 1;
    if (!(await createRevision(engine, signal, revision, text))) continue;
    await prune(engine, signal, stored.revisions);
    return { revision, state, changed: true };
  }
  throw new SwarmupError('DESIRED_STATE_BUSY', 'other programs changed the desired state again and again', {
    retryable: true,
    hints: ['run the same command again'],
  });
}

async function listConfigs(engine: EngineClient, signal: AbortSignal): Promise<readonly ConfigObject[]> {
  const filters = JSON.stringify({ label: [desiredStateLabel] });
  return (
    (await engine.request<readonly ConfigObject[] | null>('GET', '/configs', { query: { filters }, signal })) ?? []
  );
}

const textOf = (config: ConfigObject): string => Buffer.from(config.Spec.Data ?? '', 'base64').toString('utf8');

/** False if the name is taken, because another program has written first. API: POST /configs/create. */
async function createRevision(
  engine: EngineClient,
  signal: AbortSignal,
  revision: number,
  text: string,
): Promise<boolean> {
  if (Buffer.byteLength(text) > maxDesiredStateBytes) throw tooLarge(Buffer.byteLength(text));
  const body = {
    Name: desiredStateName(revision),
    Labels: { [desiredStateLabel]: '1' },
    Data: Buffer.from(text).toString('base64'),
  };
  try {
    await engine.request('POST', '/configs/create', { body, signal });
    return true;
  } catch (error) {
    if (codeOf(error) === 'ENGINE_409') return false;
    throw error;
  }
}

/**
 * Another program may prune at the same time. A revision that cannot be removed is tried again with the next change.
 */
async function prune(engine: EngineClient, signal: AbortSignal, before: readonly StateRevision[]): Promise<void> {
  const old = before.slice(keptRevisions - 1);
  await Promise.allSettled(old.map(({ id }) => engine.request('DELETE', `/configs/${id}`, { signal })));
}

function newerState(): SwarmupError {
  return new SwarmupError('DESIRED_STATE_NEWER', 'a newer swarmup wrote the desired state of the swarm', {
    hints: ['upgrade swarmup: this version would lose the parts that it cannot read'],
  });
}

function tooLarge(bytes: number): SwarmupError {
  const size = `${Math.ceil(bytes / 1024)} KiB of ${maxDesiredStateBytes / 1024}`;
  return new SwarmupError('DESIRED_STATE_TOO_LARGE', `the desired state would be too large for the swarm (${size})`, {
    hints: ['declare some services with --no-spec: their specs are not stored, so they are not made again'],
  });
}
