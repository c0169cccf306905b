import { messageOf } from '../../lib/errors.js';
import { buildCreatePlan } from '../../plan/build-create-plan.js';
import type { Plan } from '../../plan/plan.js';
import type { OperationContext } from '../access/context.js';
import { listNodes } from '../access/node-rows.js';
import type { CreateResult, NodeRow } from '../access/results.js';
import { underSignal } from '../access/under-signal.js';
import { createAgentWork } from './create-agent-work.js';
import { createHostWork } from './create-host-work.js';
import { type CreatedHost, createdHosts, interrupted, nextCommands, type RunWords } from './create-outcome.js';
import type { CreateRun } from './create-run.js';
import { createSwarmWork } from './create-swarm-work.js';
import { removeMachines } from './remove-machines.js';

interface BringUpOptions extends Pick<RunWords, 'again'> {
  /** The manager that makes the swarm; undefined when it exists, or for plain hosts. */
  readonly initOn: string | undefined;
  /** Managers get the agent. */
  readonly agent: boolean;
  /** Remove what the run made when it fails. */
  readonly rollback?: boolean;
}

/** Reports a warning to the user and adds it to the result of the run. */
export const warnInto =
  (context: OperationContext, warnings: string[]): CreateRun['warn'] =>
  (message, host) => {
    warnings.push(message);
    context.report({ type: 'warning', message, ...(host !== undefined && { host }) });
  };

/**
 * The plan that brings hosts to the state of their records and joins them to the run's swarm. The error of a host is in
 * its outcome.
 */
export function bringUp(
  run: CreateRun,
  { initOn, agent, rollback = false, again }: BringUpOptions,
): Omit<Plan<Pick<CreateResult, 'hosts' | 'nodes' | 'next'>>, 'next'> {
  const work = { ...createHostWork(run), ...createSwarmWork(run), installAgent: createAgentWork(run) };
  const steps = buildCreatePlan(run.hosts, { initOn, agent }, work);
  const words: RunWords = { names: run.hosts.map(({ name }) => name), swarm: run.swarm?.name ?? null, again };
  let removed: ReadonlySet<string> | undefined;
  return {
    steps,
    ...(rollback && {
      rollBack: async () => {
        removed = await rollBack(run);
      },
    }),
    interrupted: (reason) => interrupted(words, removed !== undefined, reason),
    result: async (outcome) => {
      // A host that failed keeps its error: it is why there was a rollback.
      const isGone = ({ name, status }: CreatedHost): boolean => status !== 'failed' && removed?.has(name) === true;
      const hosts = createdHosts(run.hosts, steps, outcome).map((host): CreatedHost =>
        isGone(host) ? { ...host, status: 'removed', url: null } : host,
      );
      return { hosts, nodes: await finalNodes(run, hosts), next: nextCommands(words, hosts) };
    },
  };
}

/** Removes the hosts that this run made, in any state; resolves to the removed hosts. */
async function rollBack({ context, hosts, warn }: CreateRun): Promise<ReadonlySet<string>> {
  const read = hosts.filter(({ isNew }) => isNew).map(({ name }) => context.store.read(name));
  const records = (await Promise.all(read)).flatMap((record) => record ?? []);
  if (records.length === 0) return new Set();
  warn(`rolling back: removing ${records.map(({ name }) => name).join(', ')}`);
  // The user's Ctrl-C stopped the making; the clean-up it was asked to do must still happen.
  const outcomes = await removeMachines(underSignal(context, new AbortController().signal), records, { force: true });
  for (const { name, error } of outcomes)
    if (error !== undefined) warn(`${name} could not be rolled back: ${error.message}`, name);
  return new Set(outcomes.filter(({ status }) => status === 'removed').map(({ name }) => name));
}

/** The nodes at the end. The result for the hosts stays valid even if no manager answers any longer. */
async function finalNodes(run: CreateRun, hosts: readonly CreatedHost[]): Promise<readonly NodeRow[]> {
  const { context, swarm, access, warn } = run;
  if (swarm === null || access === undefined || hosts.some(({ status }) => status === 'removed')) return [];
  try {
    return (await listNodes(context, swarm.name)).nodes;
  } catch (error) {
    context.signal.throwIfAborted();
    warn(`the nodes cannot be listed: ${messageOf(error)}`);
    return [];
  }
}
