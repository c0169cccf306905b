import { createInterface } from 'node:readline';
import { agentUnit } from '../../bootstrap/agent-paths.js';
import { errorJson } from '../../lib/error-json.js';
import type { ErrorJson } from '../../lib/errors.js';
import type { MachineRecord } from '../../machine/machine-record.js';
import { sh } from '../../lib/quote.js';
import { agentTargets } from '../steps/agent-targets.js';
import type { OperationContext } from '../access/context.js';

interface AgentLogsRequest {
  readonly swarm: string;
  readonly names: readonly string[];
  /** The number of lines from the end of each host's log. */
  readonly tail: number;
}

export interface AgentLogsResult {
  readonly hosts: readonly { readonly name: string; readonly lines: readonly string[]; readonly error?: ErrorJson }[];
}

const journal = (tail: number): string => sh`journalctl -u ${agentUnit} -n ${tail} --no-pager -o short-iso -q`;

/** The journals of the agents. The error of a host is in its entry. Errors: those of `agentTargets`. */
export async function agentLogs(context: OperationContext, request: AgentLogsRequest): Promise<AgentLogsResult> {
  const records = await agentTargets(context, request.swarm, request.names);
  const hosts = await Promise.all(
    records.map(async (record) => {
      const { name } = record;
      try {
        const runner = await context.connect(record);
        const { stdout } = await runner.exec(journal(request.tail), { signal: context.signal, title: 'journalctl' });
        return { name, lines: stdout.split('\n').filter((line) => line !== '') };
      } catch (error) {
        context.signal.throwIfAborted();
        return { name, lines: [], error: errorJson(error) };
      }
    }),
  );
  return { hosts };
}

/**
 * The same, and then each line as it comes, until the context's signal fires (then it resolves) or no host answers any
 * more. Errors: those of `agentTargets`; the last host's when all are lost.
 */
export async function followAgentLogs(
  context: OperationContext,
  request: AgentLogsRequest,
  onLine: (host: string, line: string) => void,
): Promise<void> {
  const records = await agentTargets(context, request.swarm, request.names);
  const ends = await Promise.allSettled(records.map((record) => follow(context, record, request.tail, onLine)));
  const failed = ends.filter((end) => end.status === 'rejected').map((end) => end.reason as unknown);
  if (!context.signal.aborted && failed.length === ends.length) throw failed.at(-1);
}

async function follow(
  context: OperationContext,
  record: MachineRecord,
  tail: number,
  onLine: (host: string, line: string) => void,
): Promise<void> {
  try {
    const runner = await context.connect(record);
    const shell = await runner.shell({ command: `${journal(tail)} -f`, signal: context.signal });
    shell.stderr.resume();
    for await (const line of createInterface({ input: shell.stream })) onLine(record.name, line);
    await shell.finished;
  } catch (error) {
    if (!context.signal.aborted)
      context.report({ type: 'warning', host: record.name, message: errorJson(error).message });
    throw error;
  }
}
