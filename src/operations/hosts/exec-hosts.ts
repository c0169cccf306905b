import { errorJson } from '../../lib/error-json.js';
import type { ErrorJson } from '../../lib/errors.js';
import type { MachineRecord } from '../../machine/machine-record.js';
import type { UserContext } from '../access/context.js';

interface ExecRequest {
  readonly hosts: readonly MachineRecord[];
  /** Read by the shell of each host. */
  readonly command: string;
  readonly timeoutMs: number;
}

export interface HostRun {
  readonly name: string;
  /** null: a signal ended it, or it could not be run. */
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly error: ErrorJson | null;
  readonly elapsedMs: number;
}

export interface ExecResult {
  readonly hosts: readonly HostRun[];
}

/**
 * Runs a command on hosts, all at the same time, as the SSH user. `onLine` gets lines as they arrive. The error of a
 * host is in its row; the others continue. After an abort, the rows contain the results so far.
 */
export async function execHosts(
  context: UserContext,
  { hosts, command, timeoutMs }: ExecRequest,
  onLine: (host: string, line: string) => void,
): Promise<ExecResult> {
  const run = async (record: MachineRecord): Promise<HostRun> => {
    const began = performance.now();
    const { name } = record;
    const row = { name, exitCode: null, stdout: '', stderr: '', error: null };
    try {
      const runner = await context.connectAsUser(record);
      const { exitCode, stdout, stderr } = await runner.exec(command, {
        signal: context.signal,
        timeoutMs,
        check: false,
        onLine: (line) => {
          onLine(name, line);
        },
      });
      return { ...row, exitCode, stdout, stderr, elapsedMs: Math.round(performance.now() - began) };
    } catch (error) {
      return { ...row, error: errorJson(error), elapsedMs: Math.round(performance.now() - began) };
    }
  };
  return { hosts: await Promise.all(hosts.map(run)) };
}
