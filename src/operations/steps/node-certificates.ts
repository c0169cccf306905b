import { X509Certificate } from 'node:crypto';
import { runScript } from '../../bootstrap/remote-script.js';
import { defaultDataRoot, nodeCertificateScript } from '../../bootstrap/swarm-state-scripts.js';
import { withDeadline } from '../../lib/abort.js';
import type { MachineRecord, Role } from '../../machine/machine-record.js';
import type { OperationContext } from '../access/context.js';

/** When a certificate begins and ends. */
export interface Validity {
  readonly begins: Date;
  readonly ends: Date;
}

/** The validity of the first certificate of a PEM text; undefined if it cannot be read. */
export function validityOf(pem: string): Validity | undefined {
  try {
    const { validFrom, validTo } = new X509Certificate(pem);
    return { begins: new Date(validFrom), ends: new Date(validTo) };
  } catch {
    return undefined;
  }
}

interface CertificateReading {
  /** The certificates read within `patienceMs`; the rest is left out. By host. */
  readonly within: (patienceMs: number) => Promise<ReadonlyMap<string, Validity>>;
}

/**
 * Starts to read the node certificates from the hosts, all at the same time, because managers do not report them. A
 * host that does not answer is left out. The caller must call `within`.
 */
export function readNodeCertificates(
  context: OperationContext,
  machines: readonly MachineRecord[],
): CertificateReading {
  const found = new Map<string, Validity>();
  const over = new AbortController();
  const signal = AbortSignal.any([context.signal, over.signal]);
  const readings = machines.map(async (record) => {
    try {
      const validity = validityOf(await nodeCertificate(context, record, signal));
      if (validity !== undefined) found.set(record.name, validity);
    } catch {
      // A missing entry shows the failure.
    }
  });
  return {
    async within(timeoutMs) {
      const deadline = { timeoutMs, what: 'new node certificates', signal: context.signal };
      await withDeadline(deadline, () => Promise.all(readings)).catch(() => undefined);
      context.signal.throwIfAborted();
      over.abort(new Error('not waited for'));
      return found;
    },
  };
}

/**
 * The role that a host's own certificate gives its node; undefined: there is no readable certificate. Errors: those of
 * SSH.
 */
export async function certifiedRole(
  context: OperationContext,
  record: MachineRecord,
  signal: AbortSignal,
): Promise<Role | undefined> {
  const pem = await nodeCertificate(context, record, signal);
  try {
    return (['manager', 'worker'] as const).find((role) =>
      new X509Certificate(pem).subject.split('\n').includes(`OU=swarm-${role}`),
    );
  } catch {
    return undefined;
  }
}

async function nodeCertificate(context: OperationContext, record: MachineRecord, signal: AbortSignal): Promise<string> {
  const runner = await context.connect(record, { signal });
  const root = record.engineSettings.daemon?.['data-root'];
  const script = nodeCertificateScript(typeof root === 'string' ? root : defaultDataRoot);
  return (await runScript(runner, script, { signal, timeoutMs: 10_000 })).stdout;
}
