import type { EngineClient } from '../../lib/engine-client.js';
import { LogFrames } from '../../lib/log-frames.js';
import type { FailedTask } from '../../swarm/service-verdict.js';
import type { TaskFailure } from './service-results.js';

const tailLines = 5;
/** The node may be gone, and the engine then waits for it. */
const readMs = 5_000;

/** A failed task with the last lines it wrote, as far as they can be had within 5 s. API: GET /tasks/{id}/logs. */
export async function failureWithLog(
  engine: EngineClient,
  failed: FailedTask,
  hostOf: (nodeId: string) => string,
  signal: AbortSignal,
): Promise<TaskFailure> {
  const { id, name: task, nodeId, state, error, exitCode } = failed;
  const about = { task, id, node: nodeId === null ? null : hostOf(nodeId), state, error, exitCode };
  // One that was rejected never wrote anything, and the engine would wait for its container.
  if (state === 'rejected') return { ...about, log: [] };
  const log: string[] = [];
  const frames = new LogFrames(({ line }) => void log.push(line));
  const query = { stdout: true, stderr: true, tail: tailLines };
  const onBytes = frames.take.bind(frames);
  await engine
    .request('GET', `/tasks/${id}/logs`, { query, signal, timeoutMs: readMs, onBytes })
    .catch(() => undefined);
  signal.throwIfAborted();
  frames.end();
  return { ...about, log: log.slice(-tailLines) };
}
