import type { HostDescription } from '../../drivers/driver.js';
import type { EngineSettings } from '../../lib/engine-settings.js';
import type { MachineRecord } from '../../machine/machine-record.js';
import type { StepChange } from '../../plan/step.js';
import { carryOut } from '../access/carry-out.js';
import type { OperationContext } from '../access/context.js';
import { HostSession } from '../access/host-session.js';
import { hostsPlan, type HostStepOptions } from '../access/host-steps.js';
import type { HostsResult } from '../access/results.js';
import { describeRunning } from '../access/running-host.js';
import { underSignal } from '../access/under-signal.js';
import { configureHostEngine, engineAddress } from '../steps/host-engine-work.js';
import { watchingHost } from '../steps/watch-host.js';
import { refreshHostFiles } from '../steps/refresh-host-files.js';

interface ProvisionRequest {
  readonly names: readonly string[];
  readonly dryRun: boolean;
  /** The engine settings to add or to replace from now on. */
  readonly change?: EngineChange;
}

type EngineChange = Partial<Pick<EngineSettings, 'daemon' | 'env' | 'tlsSans'>>;

/**
 * Installs and configures Docker Engine and its certificate on hosts again, as `create` does. A host that is already
 * correct is not changed. The error of a host is in its outcome. Errors: HOST_UNKNOWN (exit 2); LOCKED (exit 5).
 */
export async function provisionHosts(context: OperationContext, request: ProvisionRequest): Promise<HostsResult> {
  const { names, change = {} } = request;
  const provisioning: HostStepOptions = {
    title: 'provision',
    done: 'provisioned',
    planned: 'would-check',
    look: async (name, step) => {
      await describeRunning(context, await context.store.require(name), step);
      return 'changed';
    },
    act: async (name, { signal, detail }) => {
      const record = await context.store.require(name);
      const engine = changed(record.engineSettings, change);
      return provisionHost(underSignal(context, signal), record, detail, { engine });
    },
  };
  const locks = await Promise.all(names.map((name) => context.store.require(name)));
  const plan = () => ({
    ...hostsPlan(names, provisioning, request),
    finish: () => refreshHostFiles(context),
  });
  return carryOut(context, { locks, lockTimeoutMs: 30 * 60_000, plan }, request);
}

const changed = (settings: EngineSettings, { daemon, env, tlsSans }: EngineChange): EngineSettings => ({
  ...settings,
  ...(daemon !== undefined && { daemon: { ...settings.daemon, ...daemon } }),
  ...(env !== undefined && { env: { ...settings.env, ...env } }),
  ...(tlsSans !== undefined && { tlsSans: [...new Set([...settings.tlsSans, ...tlsSans])] }),
});

/**
 * Brings one host to the state of its record. `renew`: always makes a new certificate; `engine`: new settings, which
 * the record gets when the host has them. Errors: those of `describeRunning`, `installDocker`, `configureHostEngine`.
 */
export async function provisionHost(
  context: OperationContext,
  record: MachineRecord,
  detail: (message: string) => void,
  { renew = false, engine = record.engineSettings }: Provisioning = {},
): Promise<StepChange> {
  const { signal } = context;
  const description = await describeRunning(context, record, { signal, detail });
  const session = new HostSession(context, record, await context.drivers.get(record.driver));
  return watchingHost(session, { signal, detail }, (watched) =>
    provisionRunning(underSignal(context, watched.signal), { record, description }, detail, { renew, engine }),
  );
}

interface Provisioning {
  readonly renew?: boolean;
  readonly engine?: EngineSettings;
}

async function provisionRunning(
  context: OperationContext,
  { record, description }: { readonly record: MachineRecord; readonly description: HostDescription },
  detail: (message: string) => void,
  { renew, engine }: Required<Provisioning>,
): Promise<StepChange> {
  const { signal } = context;
  const [{ readFacts }, { installDocker }] = await Promise.all([
    import('../../bootstrap/facts.js'),
    import('../../bootstrap/install-docker.js'),
  ]);
  detail('inspecting the host');
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
  return installed.changed || configured.changed ? 'changed' : 'unchanged';
}
