import { cannotServe } from '../../agent/agent-api.js';
import type { AgentFiles } from '../../bootstrap/agent-files.js';
import type { HostFacts } from '../../bootstrap/host-facts.js';
import { installAgent, readAgent, type AgentChange, type InstalledAgent } from '../../bootstrap/install-agent.js';
import { waitFor } from '../../lib/abort.js';
import { codeOf, messageOf, SwarmupError } from '../../lib/errors.js';
import { inSwarm, swarmup } from '../../lib/typed-command.js';
import type { MachineRecord } from '../../machine/machine-record.js';
import type { Runner } from '../../ssh/runner.js';
import { pingAgent } from './agent-access.js';
import type { OperationContext } from '../access/context.js';

interface PutAgentOptions {
  readonly files: AgentFiles;
  readonly signal: AbortSignal;
  readonly detail: (message: string) => void;
  readonly facts?: HostFacts | undefined;
}

/** A small host that is busy takes long to start Node.js. */
const startTimeoutMs = 120_000;
/** That an agent ended, instead of starting, is seen this soon. */
const lookEveryMs = 1_000;
/** How long the journal of an agent that has ended may take to tell why. */
const lastWordsMs = 5_000;

/**
 * Installs the agent on a host, or brings it up to date, and waits until it answers. Errors: those of `installAgent`;
 * AGENT_START_FAILED with the reason in its journal, as soon as there is one.
 */
export async function putAgent(
  context: OperationContext,
  record: MachineRecord,
  { files, signal, detail, facts }: PutAgentOptions,
): Promise<AgentChange> {
  const runner = await context.connect(record, { signal });
  const change = await installAgent(runner, {
    swarm: record.swarm,
    files,
    signal,
    detail,
    facts,
    localNode: context.localNode,
  });
  await untilAnswers(context, record, runner, signal);
  return change;
}

async function untilAnswers(
  context: OperationContext,
  record: MachineRecord,
  runner: Runner,
  signal: AbortSignal,
): Promise<void> {
  const deadline = { timeoutMs: startTimeoutMs, what: `the agent of ${record.name} to start`, host: record.name };
  const fatal = (error: unknown): boolean => codeOf(error) === 'AGENT_START_FAILED';
  let lookAt = performance.now() + lookEveryMs;
  let first: InstalledAgent | undefined;
  await waitFor({ ...deadline, signal, intervalMs: 50, fatal }, async (trying) => {
    try {
      await pingAgent(context, record, trying);
      return true;
    } catch (error) {
      trying.throwIfAborted();
      if (performance.now() < lookAt) throw error;
      const found = await readAgent(runner, { signal: trying, journal: 'always' });
      first ??= found;
      if (found === undefined || isHopeless(found, first))
        throw startFailed(record, await withLastWords(runner, found, trying), error);
      lookAt = performance.now() + lookEveryMs;
      throw error;
    }
  }).catch(async (error: unknown) => {
    signal.throwIfAborted();
    if (codeOf(error) !== 'TIMEOUT') throw error;
    throw startFailed(record, await readAgent(runner, { signal, journal: 'always' }), error);
  });
}

/** The journal gets the words of a process a moment after it has ended, on a busy host several seconds. */
async function withLastWords(
  runner: Runner,
  found: InstalledAgent | undefined,
  signal: AbortSignal,
): Promise<InstalledAgent | undefined> {
  if (found === undefined || causeIn(found) !== undefined) return found;
  return waitFor({ timeoutMs: lastWordsMs, what: 'the journal of the agent', signal }, async (trying) => {
    const again = await readAgent(runner, { signal: trying, journal: 'always' });
    return causeIn(again) === undefined ? undefined : again;
  }).catch(() => found);
}

const causeIn = (found: InstalledAgent | undefined): string | undefined =>
  found?.journal.findLast((line) => /error|cannot|denied|not allowed/i.test(line));

/** Its unit counts as active from its first moment: one that is not has ended. systemd tries again, and counts that. */
const isHopeless = (now: InstalledAgent, first: InstalledAgent | undefined): boolean =>
  now.unit !== 'active' ||
  now.restarts > (first?.restarts ?? now.restarts) ||
  now.journal.some((line) => line.includes(cannotServe));

function startFailed(
  { name: host, swarm }: MachineRecord,
  found: InstalledAgent | undefined,
  error: unknown,
): SwarmupError {
  const cause = causeIn(found);
  const why = cause === undefined ? messageOf(error) : said(cause);
  return new SwarmupError('AGENT_START_FAILED', `the agent of ${host} did not start: ${why}`, {
    host,
    hints: [
      swarmup`agent logs ${inSwarm(swarm)} ${host}`,
      `then install the agent again: ${swarmup`agent install ${inSwarm(swarm)} ${host}`}`,
    ],
    cause: error,
  });
}

/** What a line of its journal says: an event's message, or the line, which is Node.js's own. */
function said(line: string): string {
  try {
    return (JSON.parse(line) as { readonly message?: string }).message ?? line;
  } catch {
    return line.trim();
  }
}
