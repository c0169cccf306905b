import { setTimeout as sleepFor } from 'node:timers/promises';
import { withDeadline } from '../../lib/abort.js';
import { codeOf, messageOf, SwarmupError } from '../../lib/errors.js';
import { swarmup } from '../../lib/typed-command.js';
import type { StepContext } from '../../plan/step.js';
import type { HostStatus } from '../../drivers/driver.js';
import { createCommand } from '../access/create-command.js';
import type { HostSession } from '../access/host-session.js';
import { lastWordsOf, type SaidLast } from './last-words.js';

/** For the work that waits for the host. */
interface Watched {
  /** Fires when the step is stopped, and when nothing can come of the wait any more. */
  readonly signal: AbortSignal;
  /** Called with each reason why the host does not answer yet; the reason is shown and judged. */
  readonly failed: (error: unknown) => void;
}

const againMs = 500;
const lookMs = 2000;
const refusedMs = 3000;
/** No host of a driver that knows when its hosts started takes so long to boot. */
const bootedMs = 60_000;

/**
 * Does work that waits for a host, and asks its driver meanwhile: the wait ends within 5 s when the host is off or gone,
 * or when a finished host that has long booted refuses every connection. The last lines of the host are in the hints
 * of the error, also of one that the work itself ended with. Errors: HOST_NOT_RUNNING; SSH_UNREACHABLE, SSH_REFUSED; those of
 * the work.
 */
export async function watchingHost<T>(
  session: HostSession,
  step: StepContext,
  work: (watched: Watched) => Promise<T>,
): Promise<T> {
  const over = new AbortController();
  const hopeless = new AbortController();
  const wait = new Wait(session, step);
  const watching = wait.untilHopeless(AbortSignal.any([step.signal, over.signal])).then(
    (error) => {
      hopeless.abort(error);
    },
    () => undefined,
  );
  try {
    return await work({ signal: AbortSignal.any([step.signal, hopeless.signal]), failed: wait.failed });
  } catch (error) {
    if (step.signal.aborted || hopeless.signal.aborted) throw error;
    throw await wait.explain(error);
  } finally {
    over.abort();
    wait.isOver = true;
    await watching;
  }
}

class Wait {
  isOver = false;
  #refusal: { readonly error: SwarmupError; readonly since: number } | undefined;
  #shown = '';
  /** Only a finished host has a sshd that answers: one that is being made may be far from it. */
  readonly #isFinished: boolean;

  constructor(
    readonly session: HostSession,
    readonly step: StepContext,
  ) {
    this.#isFinished = session.record.phase === 'ready';
  }

  readonly failed = (error: unknown): void => {
    if (this.isOver) return;
    const told = messageOf(error);
    if (told !== this.#shown) this.step.detail(`no answer yet: ${told}`);
    this.#shown = told;
    if (!isRefusal(error)) this.#refusal = undefined;
    else this.#refusal = { error, since: this.#refusal?.since ?? performance.now() };
  };

  /** Errors: the abort reason. */
  async untilHopeless(signal: AbortSignal): Promise<SwarmupError> {
    let wasOff = false;
    for (let looks = 0; ; looks++) {
      await sleepFor(wasOff || looks === 0 ? againMs : lookMs, undefined, { signal });
      const off = await this.#off(signal);
      // Once could be a host that is just being started.
      if (off !== undefined && wasOff) return this.#ended(off, signal);
      wasOff = off !== undefined;
      const refused = await this.#refusesForGood(signal);
      if (refused !== undefined) return refused;
    }
  }

  /** An error of the work: the host may have gone meanwhile, or may have said why it does not answer. */
  async explain(error: unknown): Promise<unknown> {
    if (!(error instanceof SwarmupError) || !/^(?:TIMEOUT|SSH_|ENGINE_UNREACHABLE)/.test(error.code)) return error;
    const look = { timeoutMs: 5000, what: 'the driver to say what became of the host', signal: this.step.signal };
    return withDeadline(look, async (signal) => {
      const off = await this.#off(signal);
      if (off !== undefined) return this.#ended(off, signal, error);
      const { hints } = await lastWordsOf(this.session, signal);
      return hints.length === 0 ? error : withHints(error, error.message, hints);
    }).catch(() => error);
  }

  /** undefined: the host is on, or its driver cannot report. */
  async #off(signal: AbortSignal): Promise<HostStatus | undefined> {
    const { driver, record } = this.session;
    const context = this.session.driverContext({ signal, detail: () => undefined });
    const [status] = await driver.inspect(context, [record.driverState ?? undefined]).catch(() => []);
    signal.throwIfAborted();
    return status !== undefined && ['stopped', 'paused', 'absent'].includes(status.state) ? status : undefined;
  }

  async #ended({ state, detail }: HostStatus, signal: AbortSignal, cause?: unknown): Promise<SwarmupError> {
    const { name, record } = this.session;
    const nothing: SaidLast = { hints: [] };
    const words = state === 'absent' ? nothing : await lastWordsOf(this.session, signal).catch(() => nothing);
    const why = [words.ended ?? detail].flatMap((text) => (text === undefined ? [] : [`: ${text}`]));
    const remedy =
      state === 'absent' || record.phase !== 'ready'
        ? `${createCommand(record.swarm, [name])} ${state === 'absent' ? 'makes it again' : 'resumes its creation'}`
        : `${swarmup`start ${name}`} starts it again`;
    return new SwarmupError('HOST_NOT_RUNNING', `${name} is ${wordsFor[state] ?? state}${why.join('')}`, {
      host: name,
      hints: [...words.hints, remedy],
      cause,
    });
  }

  async #refusesForGood(signal: AbortSignal): Promise<SwarmupError | undefined> {
    const refusal = this.#refusal;
    if (refusal === undefined || !this.#isFinished || performance.now() - refusal.since < refusedMs) return undefined;
    const { runsSince, hints } = await lastWordsOf(this.session, signal).catch((): SaidLast => ({ hints: [] }));
    signal.throwIfAborted();
    if (runsSince === undefined) return undefined;
    const minutes = (Date.now() - runsSince.getTime()) / 60_000;
    if (minutes * 60_000 < bootedMs) return undefined;
    const message = `${refusal.error.message}, although ${this.session.name} has run for ${Math.floor(minutes)} min`;
    return withHints(refusal.error, message, [`${swarmup`restart ${this.session.name}`} boots it again`, ...hints]);
  }
}

const wordsFor: Readonly<Partial<Record<HostStatus['state'], string>>> = {
  stopped: 'off',
  absent: 'gone',
};

/** Something runs at the address and does not let us in: another try will not be different. */
function isRefusal(error: unknown): error is SwarmupError {
  if (!(error instanceof SwarmupError)) return false;
  return error.code === 'SSH_REFUSED' || (error.code === 'SSH_UNREACHABLE' && codeOf(error.cause) === 'ECONNREFUSED');
}

function withHints(error: SwarmupError, message: string, added: readonly string[]): SwarmupError {
  const { code, hints, exitCode, retryable, host } = error;
  return new SwarmupError(code, message, {
    ...{ exitCode, retryable, cause: error, hints: [...hints, ...added] },
    ...(host !== undefined && { host }),
  });
}
