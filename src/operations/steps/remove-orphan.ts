import { messageOf } from '../../lib/errors.js';
import { noSwarm } from '../../machine/names.js';
import type { StepContext } from '../../plan/step.js';
import { type SwarmNode, swarmNodes } from '../../swarm/swarm-api.js';
import type { OperationContext } from '../access/context.js';
import { guardSwarm } from '../access/guard-swarm.js';
import { inventoryContext, type Orphan, placeOfOrphan } from '../access/orphans.js';
import { openSwarm, type SwarmAccess, swarmMachines } from '../access/swarm-access.js';
import { underSignal } from '../access/under-signal.js';
import { forgetNode } from './leave-swarm.js';

/**
 * Removes what no record knows. A host that its swarm still counts is taken off the list of nodes first, if the swarm
 * can be asked. Errors: those of the guardian, unless forced; those of the driver.
 */
export async function removeOrphan(
  context: OperationContext,
  orphan: Orphan,
  step: StepContext,
  { force }: { readonly force: boolean },
): Promise<void> {
  const own = underSignal(context, step.signal);
  if (orphan.mine && orphan.machineId !== null && orphan.fault === null)
    await forgetLostNode(own, placeOfOrphan(orphan), step, force);
  step.detail(`remove ${orphan.things.map(({ kind, name }) => `${kind} ${name}`).join(', ')}`);
  const driver = await own.drivers.get(orphan.driver);
  await driver.inventory?.remove(
    await inventoryContext(own, driver, { signal: step.signal, log: step.detail }),
    orphan.things,
  );
}

async function forgetLostNode(
  context: OperationContext,
  { host, swarm }: { readonly host: string; readonly swarm: string },
  { signal, detail }: StepContext,
  force: boolean,
): Promise<void> {
  const found = swarm === noSwarm ? undefined : await lostNodes(context, swarm, host);
  if (found === undefined || found.nodes.length === 0) return;
  const { access, nodes } = found;
  const ids = nodes.map(({ ID }) => ID);
  await guardSwarm(context, swarm, { type: 'remove', nodes: ids }, { force, access, signal });
  detail('remove its node');
  for (const node of nodes)
    try {
      await forgetNode(access.engine, node, { name: host, signal, detail });
    } catch (error) {
      signal.throwIfAborted();
      context.report({ type: 'warning', host, message: `the node ${node.ID} is still listed: ${messageOf(error)}` });
    }
}

/** The nodes with the name of a host that belong to no record. undefined: the swarm cannot be asked. */
async function lostNodes(
  context: OperationContext,
  swarm: string,
  host: string,
): Promise<{ readonly access: SwarmAccess; readonly nodes: readonly SwarmNode[] } | undefined> {
  try {
    const access = await openSwarm(context, swarm);
    const machines = await swarmMachines(context, swarm);
    const nodes = await swarmNodes(access.engine, context.signal);
    const isLost = ({ ID, Description, Spec }: SwarmNode): boolean =>
      Description.Hostname === host &&
      Spec.Labels?.['swarmup.managed'] === 'true' &&
      !machines.some(({ nodeId }) => nodeId === ID);
    return { access, nodes: nodes.filter(isLost) };
  } catch {
    context.signal.throwIfAborted();
    return undefined;
  }
}
