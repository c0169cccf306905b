import type { OperationContext } from '../access/context.js';
import { eachEngine } from '../steps/each-engine.js';
import { lockHosts } from '../access/lock-hosts.js';
import type { HostOutcome } from '../access/results.js';
import { lookForHostUpgrade, type VersionChange } from '../steps/upgrade-host.js';

interface UpgradeRequest {
  readonly names: readonly string[];
  /** undefined: the newest that each host's package sources offer. */
  readonly version: string | undefined;
  /** Also a manager without which its swarm has no quorum meanwhile. */
  readonly force: boolean;
  readonly dryRun: boolean;
}

export interface UpgradeResult {
  /** With versions of the engine's package where they are known. */
  readonly hosts: readonly (HostOutcome & Partial<VersionChange>)[];
}

/**
 * Upgrades the engines of hosts: plain hosts all at once, those of a swarm one after another, each once the one before
 * is back in it. What runs on a host stops with its engine: `upgradeSwarm` moves it away first.
 * Errors: HOST_UNKNOWN (exit 2), QUORUM_AT_RISK (exit 3), LOCKED (exit 5); the rest is in the outcomes.
 */
export async function upgradeHosts(context: OperationContext, request: UpgradeRequest): Promise<UpgradeResult> {
  const records = await Promise.all(request.names.map((name) => context.store.require(name)));
  const changes = new Map<string, VersionChange>();
  const work = async (): Promise<UpgradeResult> => {
    const hosts = await eachEngine(
      context,
      records,
      'upgrade Docker',
      async (record, detail) => {
        const upgrade = await lookForHostUpgrade(context, record, request.version, detail);
        changes.set(record.name, { from: upgrade.from, to: upgrade.to });
        if (request.dryRun) return upgrade.from === upgrade.to ? 'unchanged' : 'would-upgrade';
        return (await upgrade.apply(detail)) ? 'upgraded' : 'unchanged';
      },
      { force: request.force },
    );
    return { hosts: hosts.map((host) => ({ ...host, ...changes.get(host.name) })) };
  };
  return request.dryRun ? work() : lockHosts(context, records, 30 * 60_000, work);
}
