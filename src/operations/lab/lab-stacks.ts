import { resolve } from 'node:path';
import { SwarmupError } from '../../lib/errors.js';
import { exitCodes } from '../../lib/exit-codes.js';
import { swarmup } from '../../lib/typed-command.js';
import { heldCount } from '../../lab/counts.js';
import { labLabel } from '../../lab/lab.js';
import type { ComposeFile } from '../../swarm/compose/compose-file.js';
import { stackLabel } from '../../swarm/compose/stack-names.js';
import { listServices } from '../../swarm/workload-api.js';
import { replicasOf, type Service } from '../../swarm/workload.js';
import type { OperationContext } from '../access/context.js';
import { composeFolder, deployStack, type DeployRequest } from '../services/deploy-stack.js';
import { readComposeFiles } from '../services/read-compose-files.js';
import type { ServiceOutcome } from '../services/service-results.js';
import { removeStacks } from '../services/stacks.js';
import { expectedOf, type WorkloadChange, type WorkloadPlanner } from './workload-change.js';

/** The stacks of a lab. Their compose files are read and checked even before there is a swarm. */
export async function planStacks(planner: WorkloadPlanner): Promise<readonly WorkloadChange[]> {
  const { context, lab, engine } = planner;
  const running = engine === undefined ? [] : await listServices(engine, { label: [stackLabel] }, context.signal);
  const changes: WorkloadChange[] = [];
  for (const name of Object.keys(lab.stacks ?? {})) {
    const request = await deployRequest(planner, name, running);
    const act = async (own: OperationContext): Promise<void> => {
      failFor((await deployStack(own, { ...request, dryRun: false })).services);
    };
    const details = await stackDetails(planner, request);
    if (details.length === 0) continue;
    const isThere = running.some(({ Spec }) => Spec.Labels?.[stackLabel] === name);
    changes.push({ what: 'stack', name, action: isThere ? 'update' : 'create', details, act });
  }
  return [...changes, ...surplus(planner, running)];
}

async function deployRequest(
  { context, lab, timeoutMs }: WorkloadPlanner,
  stack: string,
  running: readonly Service[],
): Promise<DeployRequest> {
  const { file = [], prune = true } = lab.stacks?.[stack] ?? {};
  const paths = [file].flat().map((path) => resolve(lab.folder, path));
  const compose = await readComposeFiles(context, paths).catch((error: unknown) => {
    if (!(error instanceof SwarmupError) || error.code !== 'FILE_MISSING') throw error;
    throw lab.fault(['stacks', stack, 'file'], error.message);
  });
  return {
    swarm: lab.name,
    stack,
    compose: withCounts(compose, stack, lab.services ?? {}, running),
    folder: composeFolder(paths),
    labels: { [labLabel]: lab.name },
    prune,
    dryRun: true,
    expected: expectedOf(lab),
    detach: false,
    timeoutMs,
  };
}

/** A count that the manifest declares goes before that of the compose file, or each `up` would undo what the agent does. */
function withCounts(
  compose: ComposeFile,
  stack: string,
  declared: NonNullable<WorkloadPlanner['lab']['services']>,
  running: readonly Service[],
): ComposeFile {
  const services = Object.entries(compose.services).map(([key, service]) => {
    const name = `${stack}_${key}`;
    const found = running.find(({ Spec }) => Spec.Name === name);
    const replicas = heldCount(declared[name], found && replicasOf(found.Spec));
    return [key, replicas === undefined ? service : { ...service, deploy: { ...service.deploy, replicas } }] as const;
  });
  return { ...compose, services: Object.fromEntries(services) };
}

/** What would become of a stack, a line each; empty: it is as its files say. */
async function stackDetails({ context, engine }: WorkloadPlanner, request: DeployRequest): Promise<readonly string[]> {
  if (engine === undefined)
    return Object.keys(request.compose.services).map((key) => `service ${request.stack}_${key} created`);
  const { services, made, pruned } = await deployStack(context, request);
  return [
    ...made.map((what) => `${what} made`),
    ...services
      .filter(({ change }) => change !== 'unchanged')
      .map(({ service, change }) => `service ${service} ${change}`),
    ...pruned.map((service) => `service ${service} removed`),
  ];
}

/** Stacks that the lab made but no longer declares. */
function surplus({ lab }: WorkloadPlanner, running: readonly Service[]): readonly WorkloadChange[] {
  const mine = running.filter(({ Spec }) => Spec.Labels?.[labLabel] === lab.name);
  const names = [...new Set(mine.map(({ Spec }) => Spec.Labels?.[stackLabel] ?? ''))];
  return names
    .filter((name) => !Object.hasOwn(lab.stacks ?? {}, name))
    .map((name) => ({
      ...{ what: 'stack', name, action: 'remove', details: [] },
      act: (own) => removeStacks(own, { swarm: lab.name, stacks: [name], dryRun: false }),
    }));
}

/** Errors: NOT_CONVERGED (exit 6) with what the failed tasks said. */
export function failFor(outcomes: readonly ServiceOutcome[]): void {
  const failed = outcomes.filter(({ state }) => state === 'failed' || state === 'timed-out');
  if (failed.length === 0) return;
  const text = failed.map(({ service, message, failures }) => {
    const [first] = failures;
    return `${service}: ${message}${first === undefined ? '' : ` (${first.task}: ${first.error})`}`;
  });
  throw new SwarmupError('NOT_CONVERGED', text.join('; '), {
    exitCode: exitCodes.unhealthy,
    hints: failed.map(({ service }) => `${swarmup`service ps ${service}`} shows its tasks`),
  });
}
