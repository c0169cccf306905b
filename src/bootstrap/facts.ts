import { SwarmupError } from '../lib/errors.js';
import { swarmup } from '../lib/typed-command.js';
import type { Runner } from '../ssh/runner.js';
import { factsScript } from './facts-script.js';
import type { HostFacts } from './host-facts.js';
import { FactsFormatError, parseFacts } from './parse-facts.js';
import { runScript } from './remote-script.js';

interface ReadFactsOptions {
  readonly signal?: AbortSignal | undefined;
  /** Clock of this machine, against which the host's is compared. */
  readonly now?: () => Date;
}

/**
 * Looks at a host with one script; changes nothing.
 * Errors: FACTS_UNREADABLE when the host answers something else; REMOTE_COMMAND_FAILED, SSH_LOST, TIMEOUT (90 s: a host that is just booting may be slow).
 */
export async function readFacts(runner: Runner, options: ReadFactsOptions = {}): Promise<HostFacts> {
  const { stdout } = await runScript(runner, factsScript, { signal: options.signal, timeoutMs: 90_000 });
  try {
    const facts = parseFacts(stdout, (options.now?.() ?? new Date()).getTime());
    if (facts.interfaces.every(({ addresses }) => addresses.length === 0))
      throw new FactsFormatError("the host has no command 'ip' (package iproute2), or no address");
    return facts;
  } catch (error) {
    if (!(error instanceof FactsFormatError)) throw error;
    throw new SwarmupError(
      'FACTS_UNREADABLE',
      `swarmup cannot read the facts that ${runner.host} reports: ${error.message}`,
      {
        host: runner.host,
        hints: [`log in and inspect the host: ${swarmup`ssh ${runner.host}`}`],
        cause: error,
      },
    );
  }
}
