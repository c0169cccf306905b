import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { connect, createSecureContext, type SecureContext } from 'node:tls';
import { authoritiesIn } from '../../bootstrap/tls/authorities.js';
import { identityOf } from '../../bootstrap/tls/identity.js';
import { openEngine, type EngineClient } from '../../lib/engine-client.js';
import type { MachineRecord } from '../../machine/machine-record.js';
import type { Store } from '../../machine/store.js';
import { certificateNames } from './certificate-names.js';
import type { OperationContext } from './context.js';
import { engineOf } from './engine-of.js';
import { isOfOtherHost, otherHost, whyUntrusted } from './engine-identity.js';

/**
 * The engines of hosts by their TLS ports, with the client certificate that `swarmup env` hands out: they see what
 * the user's docker client sees, and every engine proves that it is the host's own. `seen` gets the certificates with
 * each connection to the host, also those that are refused. Errors: those of `engineOf` at once; with each request
 * ENGINE_UNREACHABLE, ENGINE_OTHER_HOST, ENGINE_UNTRUSTED (both exit 3).
 */
export function enginesOverTls(
  store: Pick<Store, 'home' | 'list'>,
  seen: (host: string, certificates: SeenCertificates) => void = () => undefined,
): (record: MachineRecord) => EngineClient {
  // Hosts share their client certificate, and making a context of it takes longer than a handshake.
  const contexts = new Map<string, Promise<Trust>>();
  return (record) => {
    const { url, certPath } = engineOf(record);
    const { hostname, port } = new URL(url);
    const host = hostname.replace(/^\[|\]$/g, '');
    return openEngine({
      what: `the engine of ${record.name}`,
      host: record.name,
      dial: async (signal) => {
        const known = contexts.get(certPath) ?? readTrust(join(store.home, certPath));
        contexts.set(certPath, known);
        const { secureContext, authorities, client } = await known;
        // A server name must not be an address (RFC 6066 §3).
        const servername = isIP(host) === 0 ? host : '';
        const socket = connect({ host, port: Number(port), secureContext, servername, rejectUnauthorized: false });
        const abort = (): void => void socket.destroy(signal.reason as Error);
        signal.addEventListener('abort', abort, { once: true });
        socket.once('close', () => {
          signal.removeEventListener('abort', abort);
        });
        if (signal.aborted) abort();
        await once(socket, 'secureConnect');
        // Once: Node.js 20 has it no more at the second call.
        const server = socket.getPeerX509Certificate();
        const refusal =
          server !== undefined && isOfOtherHost(server, authorities, certificateNames(record))
            ? otherHost(record, server, (await store.list()).machines)
            : whyUntrusted(record, host, server, authorities);
        if (server !== undefined && refusal?.code !== 'ENGINE_OTHER_HOST') seen(record.name, seenOf(server, client));
        if (refusal === undefined) return socket;
        // Nothing was sent yet, and nothing is sent to a foreign engine.
        socket.destroy();
        throw refusal;
      },
    });
  };
}

/** What the certificates of a connection tell. */
export interface SeenCertificates {
  readonly serverEnds: Date;
  readonly clientEnds: Date;
  /** False: an older swarmup or another program made the server's. */
  readonly namesRecord: boolean;
}

const seenOf = (server: X509Certificate, client: X509Certificate): SeenCertificates => ({
  serverEnds: new Date(server.validTo),
  clientEnds: new Date(client.validTo),
  namesRecord: identityOf(server).id !== undefined,
});

interface Trust {
  readonly secureContext: SecureContext;
  /** Two while the CA is replaced. */
  readonly authorities: readonly X509Certificate[];
  readonly client: X509Certificate;
}

/**
 * The context holds our client certificate only. Given a CA, Node.js 20 first reads the 140 root certificates of the
 * public web, which takes as long as its own start; so the one certificate that counts is checked in engine-identity.ts.
 */
async function readTrust(folder: string): Promise<Trust> {
  const [ca, cert, key] = await Promise.all(
    ['ca.pem', 'cert.pem', 'key.pem'].map((file) => readFile(join(folder, file))),
  );
  return {
    secureContext: createSecureContext({ ca: [], cert, key }),
    authorities: authoritiesIn(ca?.toString() ?? ''),
    client: new X509Certificate(cert ?? ''),
  };
}

/** Asks the engine of a host who it is. Errors: those of `enginesOverTls`; TIMEOUT. */
export async function confirmEngine(
  { store, signal }: Pick<OperationContext, 'store' | 'signal'>,
  record: MachineRecord,
  { timeoutMs }: { readonly timeoutMs: number },
): Promise<void> {
  await enginesOverTls(store)(record).request('GET', '/version', { signal, timeoutMs, unversioned: true });
}
