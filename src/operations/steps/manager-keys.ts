import { waitFor } from '../../lib/abort.js';
import { messageOf } from '../../lib/errors.js';
import type { MachineRecord } from '../../machine/machine-record.js';
import { sh } from '../../lib/quote.js';
import { engineInfo } from '../../swarm/swarm-api.js';
import type { OperationContext } from '../access/context.js';
import { hostEngine } from '../access/swarm-access.js';

/** The key encryption key that a manager has on its disk, by the headers of its node key; the key itself is not read. */
interface DiskKey {
  /** Version of the swarm's settings whose unlock key it took. */
  readonly version: number;
  readonly isEncrypted: boolean;
}

const takeTimeoutMs = 20_000;

/**
 * Waits until every manager has the unlock key of the settings newer than `version` on its disk (it takes them about a
 * second), or none when `locked` is false. Resolves to the names of those that have not, because they are down or slow:
 * they still need the key they knew.
 * Source: moby/swarmkit ca/keyreadwriter.go, header `kek-version`; seen on engine 20.10.
 */
export async function managersWithOldKey(
  context: OperationContext,
  managers: readonly MachineRecord[],
  options: { readonly newerThan: number; readonly locked: boolean },
): Promise<readonly string[]> {
  const stale = await Promise.all(
    managers.map(async (manager) => {
      const deadline = {
        timeoutMs: takeTimeoutMs,
        what: `${manager.name} to accept the new key`,
        signal: context.signal,
        intervalMs: 500,
      };
      try {
        await waitFor(deadline, async (signal) => {
          const { version, isEncrypted } = await diskKey(context, manager, signal);
          return version > options.newerThan && isEncrypted === options.locked ? true : undefined;
        });
        return [];
      } catch (error) {
        context.signal.throwIfAborted();
        const message = `${manager.name} has not accepted the change yet (${messageOf(error)})`;
        context.report({ type: 'warning', host: manager.name, message });
        return [manager.name];
      }
    }),
  );
  return stale.flat();
}

async function diskKey(context: OperationContext, manager: MachineRecord, signal: AbortSignal): Promise<DiskKey> {
  const { DockerRootDir: root = '/var/lib/docker' } = await engineInfo(hostEngine(context, manager), signal);
  const runner = await context.connect(manager, { signal });
  const path = `${root}/swarm/certificates/swarm-node.key`;
  const { stdout } = await runner.exec(sh`sed -n -e '/^-----BEGIN/p' -e '/^kek-version: /p' ${path}`, { signal });
  return {
    version: Number(/kek-version: (\d+)/.exec(stdout)?.[1] ?? -1),
    isEncrypted: stdout.includes('BEGIN ENCRYPTED'),
  };
}
