import { withDeadline } from '../../lib/abort.js';
import { optionFlag } from '../../drivers/option-values.js';
import type { Backup } from '../../swarm/backup-file.js';
import { underSignal } from '../access/under-signal.js';
import type { OperationContext } from '../access/context.js';
import type { HostGroup } from '../access/create-request.js';
import { createHosts } from '../create/create-hosts.js';
import { removeHosts } from '../hosts/remove-hosts.js';
import { restoreState } from './restore-state.js';
import { SwarmupError } from '../../lib/errors.js';

/** A context with a store and a docker network of its own, which are removed when it is disposed. */
export type ScratchSource = () => Promise<OperationContext & AsyncDisposable>;

export interface RehearseResult {
  readonly passed: boolean;
  readonly rows: readonly { readonly what: string; readonly wanted: string; readonly found: string }[];
  readonly elapsedMs: number;
}

const host = 'rehearsal';

/**
 * Restores a backup into a container host of this computer, compares the contents with the description in the backup,
 * and removes the host. It does not wait for the services, because their images are not in a backup. Errors: those of
 * making the host and of restoring, NO_REHEARSAL if the host could not be made.
 */
export async function rehearseBackup(
  context: OperationContext,
  backup: Backup,
  scratch: ScratchSource,
): Promise<RehearseResult> {
  const began = performance.now();
  await using stage = await scratch();
  const step = {
    signal: context.signal,
    detail: (message: string): void => {
      context.report({ type: 'info', message: `rehearsal: ${message}` });
    },
  };
  try {
    step.detail('make a container host');
    await makeHost(stage);
    const record = await stage.store.require(host);
    const what = 'the rehearsal';
    const { content } = await withDeadline({ timeoutMs: 10 * 60_000, what, signal: context.signal }, (signal) =>
      restoreState(stage, record, backup, { ...step, signal }),
    );
    const { nodes, services, counts } = backup.manifest;
    const pairs = [
      ['nodes', nodes.length, content.nodes],
      ['services', services.length, content.services],
      ['secrets', counts.secrets, content.secrets],
      ['configs', counts.configs, content.configs],
    ] as const;
    return {
      passed: pairs.every(([, wanted, found]) => wanted === found),
      rows: pairs.map(([name, wanted, found]) => ({ what: name, wanted: String(wanted), found: String(found) })),
      elapsedMs: Math.round(performance.now() - began),
    };
  } finally {
    // Not with the caller's signal: the host must be removed in any case.
    await removeHosts(underSignal(stage, new AbortController().signal), { names: [host], force: true });
  }
}

async function makeHost(stage: OperationContext): Promise<void> {
  const group = {
    names: [host],
    ...throwaway(stage),
    engine: { tls: false, tlsSans: [] },
  };
  const { hosts } = await createHosts(stage, { swarm: null, groups: [group] });
  const [made] = hosts;
  if (made?.status !== 'failed') return;
  throw new SwarmupError('NO_REHEARSAL', `no container host could be made: ${made.error?.message ?? ''}`, {
    hints: made.error?.hints ?? [],
  });
}

/** The driver of hosts that are made and thrown away in seconds, with a place for this one alone. */
function throwaway({ drivers }: OperationContext): Pick<HostGroup, 'driver' | 'driverOptions'> {
  const place = `swarmup-rehearsal-${crypto.randomUUID().slice(0, 8)}`;
  for (const { name, options, placeOption } of drivers.declarations) {
    const option = placeOption === undefined ? undefined : options[placeOption];
    if (placeOption !== undefined && option !== undefined)
      return { driver: name, driverOptions: { [optionFlag(name, placeOption, option)]: place } };
  }
  throw new SwarmupError('NO_REHEARSAL', 'no driver on this computer can make temporary hosts');
}
