import type { EngineSettings } from '../../lib/engine-settings.js';
import type { MachineRecord } from '../../machine/machine-record.js';
import type { OperationContext } from '../access/context.js';
import { eachHost } from '../access/each-host.js';
import { configureHostEngine, engineAddress } from '../steps/host-engine-work.js';
import { lockHosts } from '../access/lock-hosts.js';
import type { HostOutcome, HostsResult } from '../access/results.js';
import { describeRunning } from '../access/running-host.js';

interface ProvisionRequest {
  readonly names: readonly string[];
  readonly dryRun: boolean;
  /** What their engines are to have from now on besides, or instead of, what they were made with. */
  readonly change?: EngineChange;
}

type EngineChange = Partial<Pick<EngineSettings, 'daemon' | 'env' | 'tlsSans'>>;

/**
 * Does again on hosts what `create` does there: Docker Engine, its settings, its certificate. A host that is as wanted
 * is left alone. What went wrong on a host is in its outcome. Errors: HOST_UNKNOWN (exit 2); LOCKED (exit 5).
 */
export async function provisionHosts(context: OperationContext, request: ProvisionRequest): Promise<HostsResult> {
  const records = await requireAll(context, request.names);
  const work = async (): Promise<HostsResult> => ({
    hosts: await eachHost(context, request.names, 'provision', async (name, detail) => {
      const record = await context.store.require(name);
      return request.dryRun
        ? planned(context, record, detail)
        : provisionHost(context, record, detail, { engine: changed(record.engineSettings, request.change ?? {}) });
    }),
  });
  return request.dryRun ? work() : lockHosts(context, records, 30 * 60_000, work);
}

const changed = (settings: EngineSettings, { daemon, env, tlsSans }: EngineChange): EngineSettings => ({
  ...settings,
  ...(daemon !== undefined && { daemon: { ...settings.daemon, ...daemon } }),
  ...(env !== undefined && { env: { ...settings.env, ...env } }),
  ...(tlsSans !== undefined && { tlsSans: [...new Set([...settings.tlsSans, ...tlsSans])] }),
});

/** Every record, or HOST_UNKNOWN before anything is done. */
async function requireAll(
  context: Pick<OperationContext, 'store'>,
  names: readonly string[],
): Promise<readonly MachineRecord[]> {
  return Promise.all(names.map((name) => context.store.require(name)));
}

/** A dry run only looks whether the host could be worked on. */
async function planned(
  context: OperationContext,
  record: MachineRecord,
  detail: (message: string) => void,
): Promise<HostOutcome['status']> {
  await describeRunning(context, record, { signal: context.signal, detail });
  return 'would-check';
}

/**
 * Brings one host to what its record asks for; `renew`: with a new certificate in any case; `engine`: to these settings,
 * which its record has once the host does. Resolves to `provisioned`
 * or `unchanged`. Errors: those of `describeRunning`, `installDocker`, `configureHostEngine`.
 */
export async function provisionHost(
  context: OperationContext,
  record: MachineRecord,
  detail: (message: string) => void,
  {
    renew = false,
    engine = record.engineSettings,
  }: { readonly renew?: boolean; readonly engine?: EngineSettings } = {},
): Promise<HostOutcome['status']> {
  const { signal } = context;
  const description = await describeRunning(context, record, { signal, detail });
  const [{ readFacts }, { installDocker }] = await Promise.all([
    import('../../bootstrap/facts.js'),
    import('../../bootstrap/install-docker.js'),
  ]);
  detail('looking at the host');
  const runner = await context.connect(record, { signal });
  const { version, installUrl } = engine;
  const installed = await installDocker(runner, await readFacts(runner, { signal }), {
    version,
    installUrl,
    signal,
    detail,
  });
  const wanted = { ...record, engineSettings: engine };
  const host = { record: wanted, facts: installed.facts, description };
  const options = { renew, former: record.engineSettings };
  const configured = await configureHostEngine(context, host, { signal, detail }, options);
  for (const message of configured.warnings) context.report({ type: 'warning', host: record.name, message });
  await context.store.update(record.name, (r) => ({
    ...r,
    engineSettings: engine,
    engine: engineAddress(wanted, description),
  }));
  return installed.changed || configured.changed ? 'provisioned' : 'unchanged';
}
