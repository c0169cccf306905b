import type { MachineRecord } from '../../machine/machine-record.js';
import type { OperationContext } from '../access/context.js';
import { configureHostEngine, engineAddress } from './host-engine-work.js';
import { describeRunning } from '../access/running-host.js';

/** Versions of the engine's package; the same: there is nothing to do. */
export interface VersionChange {
  readonly from: string;
  readonly to: string;
}

export interface HostUpgrade extends VersionChange {
  /**
   * Upgrades the engine and sees that the new one runs with the host's settings; resolves to false when there was
   * nothing to do. Errors: those of `EngineUpgrade.apply` and `configureHostEngine`.
   */
  readonly apply: (detail: (message: string) => void) => Promise<boolean>;
}

/**
 * Finds out what an upgrade of a host's engine would do; only the package lists of the host change. Without `version`,
 * a host that was made with `--engine-version` keeps that version; with `version`, the host keeps the new version from
 * then on. Errors: those of `describeRunning`, `connect` and `lookForUpgrade`.
 */
export async function lookForHostUpgrade(
  context: OperationContext,
  record: MachineRecord,
  version: string | undefined,
  detail: (message: string) => void,
): Promise<HostUpgrade> {
  const { signal } = context;
  const description = await describeRunning(context, record, { signal, detail });
  const [{ readFacts }, { lookForUpgrade }] = await Promise.all([
    import('../../bootstrap/facts.js'),
    import('../../bootstrap/upgrade-docker.js'),
  ]);
  const runner = await context.connect(record, { signal });
  const wanted = version ?? record.engineSettings.version;
  const found = await lookForUpgrade(runner, await readFacts(runner, { signal }), { version: wanted, signal, detail });
  return {
    from: found.from,
    to: found.to,
    apply: async (progress) => {
      const facts = await found.apply(progress);
      const step = { signal, detail: progress };
      const configured = await configureHostEngine(context, { record, facts, description }, step);
      for (const message of configured.warnings) context.report({ type: 'warning', host: record.name, message });
      await context.store.update(record.name, (r) => ({
        ...r,
        engine: engineAddress(r, description),
        ...(wanted !== undefined && { engineSettings: { ...r.engineSettings, version: wanted } }),
      }));
      return found.from !== found.to || configured.changed;
    },
  };
}
