import { LogFrames } from '../../lib/log-frames.js';
import { durationNs } from '../../swarm/spec-values.js';
import { taskName } from '../../swarm/service-verdict.js';
import { listTasks, listWorkloadNodes } from '../../swarm/workload-api.js';
import { findService } from './change-services.js';
import type { OperationContext } from '../access/context.js';
import { hostNamer, openSwarm } from '../access/swarm-access.js';

export interface ServiceLogLine {
  readonly task: string;
  readonly node: string;
  readonly stream: 'stdout' | 'stderr';
  readonly time: string;
  readonly line: string;
}

interface ServiceLogsRequest {
  readonly swarm: string;
  readonly name: string;
  readonly follow: boolean;
  /** Last lines of each task; undefined: all. */
  readonly tail?: number | undefined;
  /** How long ago, as in `10m`. */
  readonly since?: string | undefined;
}

export interface ServiceLogsResult {
  readonly lines: readonly ServiceLogLine[];
}

/** A followed log ends only when the caller stops; 24 days is the longest time that a timer accepts. */
const noDeadlineMs = 2 ** 31 - 1;
const wholeLogMs = 60_000;

/**
 * The logs of the tasks of a service, each line with its task and host. With `follow` it continues until the context's
 * signal fires, and then resolves. Errors: SERVICE_UNKNOWN (exit 2), those of `openSwarm`. API: GET
 * /services/{id}/logs.
 */
export async function serviceLogs(
  context: OperationContext,
  request: ServiceLogsRequest,
  onLine: (line: ServiceLogLine) => void,
): Promise<void> {
  const { engine } = await openSwarm(context, request.swarm);
  const { signal } = context;
  const service = await findService(engine, request, signal);
  const [tasks, nodes, hostOf] = await Promise.all([
    listTasks(engine, { service: [service.ID] }, signal),
    listWorkloadNodes(engine, signal),
    hostNamer(context, engine, request.swarm),
  ]);
  const names = new Map(tasks.map((task) => [task.ID, taskName(service.Spec.Name, task, nodes)]));
  const frames = new LogFrames(({ stream, line }) => {
    const { time, labels, text } = splitLine(line);
    const id = labels['com.docker.swarm.task.id'] ?? '';
    const task = names.get(id) ?? `${service.Spec.Name}.${id.slice(0, 12)}`;
    onLine({ task, node: hostOf(labels['com.docker.swarm.node.id'] ?? ''), stream, time, line: text });
  });
  const since = request.since === undefined ? undefined : durationNs(request.since) / 1e9;
  const query = {
    stdout: true,
    stderr: true,
    details: true,
    timestamps: true,
    follow: request.follow,
    tail: request.tail ?? 'all',
    since: since === undefined ? undefined : Math.floor(context.now().getTime() / 1000 - since),
  };
  const timeoutMs = request.follow ? noDeadlineMs : wholeLogMs;
  const onBytes = frames.take.bind(frames);
  try {
    await engine.request('GET', `/services/${service.ID}/logs`, { query, signal, timeoutMs, onBytes });
  } catch (error) {
    if (!(request.follow && signal.aborted)) throw error;
  }
  frames.end();
}

interface SplitLine {
  readonly time: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly text: string;
}

/** `2026-11-24T21:00:00.1Z com.docker.swarm.node.id=…,com.docker.swarm.task.id=… TEXT`. */
function splitLine(line: string): SplitLine {
  const [, time, details, text] = /^(\S+) (\S+) ?(.*)$/s.exec(line) ?? [];
  if (time === undefined || details === undefined) return { time: '', labels: {}, text: line };
  const pairs = details.split(',').map((pair): [string, string] => {
    const at = pair.indexOf('=');
    return [pair.slice(0, at), decodeURIComponent(pair.slice(at + 1))];
  });
  return { time, labels: Object.fromEntries(pairs), text: text ?? '' };
}
