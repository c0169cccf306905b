import { errorJson } from '../../lib/error-json.js';
import { SwarmupError, type ErrorJson } from '../../lib/errors.js';
import type { ExitCode } from '../../lib/exit-codes.js';
import { swarmup } from '../../lib/typed-command.js';
import type { PlanOutcome, Step } from '../../plan/step.js';
import { createCommand } from '../access/create-command.js';
import type { CreateSession } from './create-run.js';
import type { CreateResult } from '../access/results.js';

export type CreatedHost = CreateResult['hosts'][number];

/** The result of each host of a plan that was run, with the reasons of failures. */
export function createdHosts(
  hosts: readonly CreateSession[],
  steps: readonly Step[],
  outcome: PlanOutcome,
): readonly CreatedHost[] {
  return hosts.map((host) => createdHost(host, steps, outcome));
}

function createdHost(host: CreateSession, steps: readonly Step[], outcome: PlanOutcome): CreatedHost {
  const { name } = host;
  const { role, engine } = host.record;
  const base = { name, role, url: engine?.url ?? null };
  const mine = steps.filter((step) => step.host === name);
  const statusOf = ({ id }: Step): string | undefined => outcome.get(id)?.status;
  const stuck = mine.find((step) => statusOf(step) === 'failed') ?? mine.find((step) => statusOf(step) === 'skipped');
  if (stuck !== undefined) return { ...base, status: 'failed', error: whyFailed(name, stuck, steps, outcome) };
  const changed = mine.some((step) => statusOf(step) === 'changed');
  return { ...base, status: host.isNew ? 'created' : changed ? 'resumed' : 'unchanged' };
}

/** A host that failed because of another host's step: the user must know the cause of that failure. */
function whyFailed(name: string, stuck: Step, steps: readonly Step[], outcome: PlanOutcome): ErrorJson {
  const own = outcome.get(stuck.id);
  if (own?.status === 'failed') return errorJson(own.error);
  const error = rootCause(stuck, steps, outcome);
  const cause = error === undefined ? 'the command was stopped before the host could join' : errorJson(error).message;
  return errorJson(
    new SwarmupError('NOT_JOINED', `${name} has Docker, but is not in the swarm: ${cause}`, {
      host: name,
      ...(error instanceof SwarmupError && { exitCode: error.exitCode, hints: error.hints }),
      cause: error,
    }),
  );
}

/** The error of the failed step for which this one was skipped; undefined when the run was stopped. */
function rootCause(skipped: Step, steps: readonly Step[], outcome: PlanOutcome): unknown {
  for (const need of steps.filter(({ id }) => skipped.needs.includes(id))) {
    const found = outcome.get(need.id);
    if (found?.status === 'failed') return found.error;
    if (found?.status === 'skipped') return rootCause(need, steps, outcome);
  }
  return undefined;
}

/** The words that describe a run to the user who continues it. */
export interface RunWords {
  readonly names: readonly string[];
  /** null: plain Docker hosts. */
  readonly swarm: string | null;
  /** The command that continues the run. Default: `create`. */
  readonly again?: string | undefined;
}

const againOf = ({ names, swarm, again = createCommand(swarm, names) }: RunWords): string => again;

/** The error that ends a create which was stopped by its signal. */
export function interrupted(words: RunWords, rolledBack: boolean, cause: unknown): SwarmupError {
  const exitCode: ExitCode = cause instanceof SwarmupError ? cause.exitCode : 130;
  const again = againOf(words);
  if (rolledBack)
    return new SwarmupError('INTERRUPTED', 'stopped; everything that this run made was removed', {
      exitCode,
      hints: [`${again} starts again`],
      cause,
    });
  return new SwarmupError('INTERRUPTED', 'stopped; everything made so far was kept', {
    exitCode,
    hints: [`${again} continues where this run stopped`, `${swarmup`rm --yes ${words.names}`} removes it`],
    cause,
  });
}

/** The commands to type next, best first. */
export function nextCommands(words: RunWords, hosts: readonly CreatedHost[]): readonly string[] {
  const there = hosts.filter((host) => host.status !== 'failed' && host.status !== 'removed');
  const first = there.find((host) => host.role !== 'worker');
  const retry = there.length === hosts.length ? [] : [`${againOf(words)}    # tries again what failed`];
  if (first === undefined) return retry;
  const look = words.swarm === null ? 'docker ps' : 'docker node ls';
  const env =
    first.url === null
      ? swarmup`ssh ${first.name} -- ${look.split(' ')}`
      : `eval "$(${swarmup`env ${first.name}`})"; ${look}`;
  return [...retry, env, swarmup`ssh ${there.at(-1)?.name ?? first.name}`];
}
