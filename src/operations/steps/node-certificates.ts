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

/** Of the first certificate of a PEM text; undefined when it cannot be read. */
export function validityOf(pem: string): Validity | undefined {
  try {
    const { validFrom, validTo } = new X509Certificate(pem);
    return { begins: new Date(validFrom), ends: new Date(validTo) };
  } catch {
    return undefined;
  }
}

interface CertificateReading {
  /** What was read by the time that `patienceMs` are over; the rest is given up. By host. */
  readonly within: (patienceMs: number) => Promise<ReadonlyMap<string, Validity>>;
}

/**
 * Begins to read the certificates of nodes from their hosts, all at once: managers do not tell them. A host that does
 * not answer is left out. Whoever begins must call `within`.
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
      // Its absence tells.
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

/** The role that a host's own certificate gives its node; undefined: there is none that can be read. Errors: those of ssh. */
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
