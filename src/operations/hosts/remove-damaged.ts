import { codeOf } from '../../lib/errors.js';
import { noSwarm, placeOfHost } from '../../machine/names.js';
import type { Salvage } from '../../machine/salvage-record.js';
import type { StepContext } from '../../plan/step.js';
import type { OperationContext } from '../access/context.js';
import { type HostStep, hostSteps } from '../access/host-steps.js';
import { findOrphans, type FoundOrphans, type Orphan, placeOfOrphan } from '../access/orphans.js';
import { underSignal } from '../access/under-signal.js';
import { removeOrphan } from '../steps/remove-orphan.js';
import { forgetUnlockKeys } from '../steps/unlock-keys.js';

/** A host whose record cannot be read, and the swarm that its folder is in. */
export interface DamagedHost {
  readonly name: string;
  readonly swarm: string | null;
}

export const damagedHost = ({ store }: OperationContext, name: string): DamagedHost => {
  const swarm = placeOfHost(name, store.scope)?.swarm ?? noSwarm;
  return { name, swarm: swarm === noSwarm ? null : swarm };
};

/**
 * The steps that remove hosts without readable records: what their drivers made is found by its labels. Errors of a
 * step: those of `findOrphans` if the driver of the host is still known.
 */
export const damagedSteps = (context: OperationContext, hosts: readonly DamagedHost[]): readonly HostStep[] =>
  hostSteps(
    hosts.map(({ name }) => name),
    {
      title: 'remove',
      done: 'removed',
      planned: 'would-remove',
      act: async (name, step) => {
        await removeDamaged(underSignal(context, step.signal), name, step);
        return 'changed';
      },
    },
  );

async function removeDamaged(context: OperationContext, name: string, step: StepContext): Promise<void> {
  const { store } = context;
  const warn = (message: string): void => {
    context.report({ type: 'warning', host: name, message });
  };
  const salvage = await store.salvage(name);
  step.detail('look for what was made for it');
  const { orphans, notes } = await orphansOf(context, salvage?.driver ?? undefined, warn);
  for (const note of notes) warn(note);
  const own = orphans.filter((orphan) => isOf(context, orphan, name, salvage));
  if (own.length === 0) warn(`nothing was found that was made for ${name}; only its record is removed`);
  for (const orphan of own) await removeOrphan(context, orphan, step, { force: true });
  await context.disconnect(name);
  await store.remove(name);
}

/** A driver that labels nothing did not make the host either. */
async function orphansOf(
  context: OperationContext,
  driver: string | undefined,
  warn: (message: string) => void,
): Promise<FoundOrphans> {
  try {
    return await findOrphans(context, { driver, anyOwner: true });
  } catch (error) {
    if (codeOf(error) !== 'NO_INVENTORY') throw error;
    warn(`the driver ${driver ?? ''} cannot tell where the host is, so nothing is changed there`);
    return { orphans: [], notes: [] };
  }
}

/** By the ID of the record; if that is lost, by the labels of name, swarm and owner. */
function isOf(context: OperationContext, orphan: Orphan, name: string, salvage: Salvage | undefined): boolean {
  const { machineId, fault, mine } = orphan;
  if (machineId === null) return false;
  if (salvage?.id != null) return machineId === salvage.id;
  if (fault !== null || !mine) return false;
  const { host, swarm } = placeOfOrphan(orphan);
  return context.store.fullName(name) === `${host}.${swarm}`;
}

/** Forgets the swarms of which no host is left. */
export async function forgetEmptySwarms(context: OperationContext, hosts: readonly DamagedHost[]): Promise<void> {
  const { store } = context;
  const left = (await store.names()).map((name) => placeOfHost(name, store.scope)?.swarm);
  for (const swarm of new Set(hosts.flatMap((host) => host.swarm ?? [])))
    if (!left.includes(swarm)) {
      await forgetUnlockKeys(context, swarm);
      await store.removeSwarm(swarm);
    }
}
