import type { AgentFiles } from '../../bootstrap/agent-files.js';
import type { HostFacts } from '../../bootstrap/host-facts.js';
import { installAgent, readAgent, type AgentChange } from '../../bootstrap/install-agent.js';
import { waitFor } from '../../lib/abort.js';
import { codeOf, messageOf, SwarmupError } from '../../lib/errors.js';
import type { MachineRecord } from '../../machine/machine-record.js';
import { pingAgent } from './agent-access.js';
import type { OperationContext } from '../context.js';

export interface PutAgentOptions {
  readonly files: AgentFiles;
  readonly signal: AbortSignal;
  readonly detail: (message: string) => void;
  readonly facts?: HostFacts | undefined;
}

/** A small host takes some seconds to start Node.js. */
const startTimeoutMs = 15_000;

/**
 * Installs the agent on a host, or brings it up to date, and waits until it answers.
 * Errors: those of `installAgent`; AGENT_START_FAILED with the end of its journal.
 */
export async function putAgent(
  context: OperationContext,
  record: MachineRecord,
  { files, signal, detail, facts }: PutAgentOptions,
): Promise<AgentChange> {
  const runner = await context.connect(record, { signal });
  const change = await installAgent(runner, { files, signal, detail, facts, localNode: context.localNode });
  const deadline = { timeoutMs: startTimeoutMs, what: `the agent of ${record.name} to start`, host: record.name };
  await waitFor({ ...deadline, signal, intervalMs: 50 }, async (trying) => {
    await pingAgent(context, record, trying);
    return true;
  }).catch(async (error: unknown) => {
    signal.throwIfAborted();
    if (codeOf(error) !== 'TIMEOUT') throw error;
    const found = await readAgent(runner, { signal });
    throw startFailed(record.name, found?.journal ?? [], error);
  });
  return change;
}

function startFailed(host: string, journal: readonly string[], error: unknown): SwarmupError {
  const cause = journal.findLast((line) => /error|cannot|denied/i.test(line));
  return new SwarmupError('AGENT_START_FAILED', `the agent of ${host} did not start: ${cause ?? messageOf(error)}`, {
    host,
    hints: [`swarmup agent logs ${host}`, `then try again: swarmup agent install ${host}`],
    cause: error,
  });
}
