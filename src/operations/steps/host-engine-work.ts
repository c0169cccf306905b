import type { HostFacts } from '../../bootstrap/host-facts.js';
import type { HostDescription } from '../../drivers/driver.js';
import type { EngineSettings } from '../../lib/engine-settings.js';
import type { MachineRecord } from '../../machine/machine-record.js';
import type { Store } from '../../machine/store.js';
import type { StepContext } from '../../plan/step.js';
import { ownName } from '../../machine/names.js';
import { certificateNames } from '../access/certificate-names.js';
import type { OperationContext } from '../access/context.js';
import { trustHost } from './trust-host.js';

/** A host whose engine is being changed, with its latest facts. */
interface EngineHost {
  readonly record: MachineRecord;
  readonly facts: HostFacts;
  readonly description: HostDescription;
}

/**
 * Brings the engine of a host to the settings of its record. Errors: those of `configureEngine` and
 * `ensureCertificates`.
 */
export async function configureHostEngine(
  context: OperationContext,
  { record, facts, description }: EngineHost,
  step: StepContext,
  { renew = false, former }: { readonly renew?: boolean; readonly former?: EngineSettings } = {},
): Promise<{ readonly changed: boolean; readonly warnings: readonly string[] }> {
  const { configureEngine } = await import('../../bootstrap/configure-engine.js');
  const { tls, daemon, env } = record.engineSettings;
  const authority = tls ? await certificateFolder(context) : undefined;
  if (authority !== undefined) await trustHost(context, record, { keepFormer: true });
  const configured = await configureEngine(await context.connect(record, { signal: step.signal }), facts, {
    signal: step.signal,
    detail: step.detail,
    swarm: record.swarm !== null,
    ...(authority !== undefined && {
      tls: {
        folder: authority,
        identity: certificateNames(record),
        sans: engineNames(record, description),
        now: context.now(),
        renew,
      },
    }),
    ...description.engineConfig,
    daemon,
    ...(former !== undefined && { formerDaemon: former.daemon ?? {} }),
    env,
  });
  if (authority !== undefined) await trustHost(context, record, { keepFormer: false });
  return configured;
}

/** What the engine's certificate has to be good for, besides what the host itself knows. */
function engineNames(record: MachineRecord, { ssh, engine, privateAddresses }: HostDescription): string[] {
  const { tlsSans } = record.engineSettings;
  return [...new Set([ownName(record.name), engine.host, ssh.host, ...privateAddresses, ...tlsSans])];
}

/** The record's address of the engine; null when it is not served. */
export function engineAddress(record: MachineRecord, { engine }: HostDescription): MachineRecord['engine'] {
  return record.engineSettings.tls ? { url: `tcp://${engine.host}:${engine.port}`, certPath: 'certs' } : null;
}

const underWay = new WeakMap<Store, Promise<string>>();

/** The store's certificate folder with its CA and client certificate in it. Hosts of one run do not wait in turn for it. */
function certificateFolder(context: OperationContext): Promise<string> {
  const { store } = context;
  const made = underWay.get(store) ?? makeCertificates(context).finally(() => underWay.delete(store));
  underWay.set(store, made);
  return made;
}

async function makeCertificates(context: OperationContext): Promise<string> {
  const { ensureCertificates } = await import('../../bootstrap/tls/certificates.js');
  const folder = await context.store.folder('certs');
  await context.store.withLock('certs', { signal: context.signal }, () =>
    ensureCertificates(folder, { now: context.now() }),
  );
  return folder;
}

/**
 * Loading takes a quarter of a second, so it happens while the hosts start. A failure appears where the code is used.
 */
export function loadCertificateCode(): void {
  import('../../bootstrap/tls/issue.js').then(({ loadX509 }) => loadX509()).catch(() => undefined);
}
