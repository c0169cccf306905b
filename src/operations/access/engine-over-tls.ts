import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { connect, createSecureContext, type SecureContext } from 'node:tls';
import { authoritiesIn } from '../../bootstrap/tls/authorities.js';
import { openEngine, type EngineClient } from '../../lib/engine-client.js';
import { SwarmupError } from '../../lib/errors.js';
import { swarmup } from '../../lib/typed-command.js';
import type { MachineRecord } from '../../machine/machine-record.js';
import type { Store } from '../../machine/store.js';
import { engineOf } from './engine-of.js';

/**
 * The engines of hosts by their TLS ports, with the client certificate that `swarmup env` hands out: they see what
 * the user's docker client sees. `seen` gets the certificates with each connection, also those that are refused.
 * Errors: those of `engineOf` at once; ENGINE_UNREACHABLE with each request.
 */
export function enginesOverTls(
  store: Pick<Store, 'home'>,
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
        if (server !== undefined) seen(record.name, { serverEnds: endOf(server), clientEnds: endOf(client) });
        // Nothing was sent yet, and nothing will be sent to a foreign engine.
        const wrong = whyUntrusted(server, authorities, host);
        if (wrong === undefined) return socket;
        socket.destroy();
        throw new SwarmupError('ENGINE_UNTRUSTED', `the engine of ${record.name} has a certificate that ${wrong}`, {
          host: record.name,
          hints: [`${swarmup`provision ${record.name}`} gives it a new one`],
        });
      },
    });
  };
}

/** When the certificates of a connection end. */
export interface SeenCertificates {
  readonly serverEnds: Date;
  readonly clientEnds: Date;
}

const endOf = (certificate: X509Certificate): Date => new Date(certificate.validTo);

interface Trust {
  readonly secureContext: SecureContext;
  /** Two while the CA is replaced. */
  readonly authorities: readonly X509Certificate[];
  readonly client: X509Certificate;
}

/**
 * The context holds our client certificate only. Given a CA, Node.js 20 first reads the 140 root certificates of the
 * public web, which takes as long as its own start; so the one certificate that counts is checked by `whyUntrusted`.
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

/**
 * Our CA issues the certificates of engines directly: there is no chain to follow. undefined: the certificate is
 * trusted.
 */
function whyUntrusted(
  certificate: X509Certificate | undefined,
  authorities: readonly X509Certificate[],
  host: string,
): string | undefined {
  if (certificate === undefined) return 'is missing';
  if (!authorities.some((authority) => certificate.checkIssued(authority) && certificate.verify(authority.publicKey)))
    return 'was not signed by the certificate authority of this store';
  const now = Date.now();
  if (now < Date.parse(certificate.validFrom)) return `is not valid before ${certificate.validFrom}`;
  if (now > Date.parse(certificate.validTo)) return `expired on ${certificate.validTo}`;
  const named = isIP(host) === 0 ? certificate.checkHost(host) : certificate.checkIP(host);
  return named === undefined ? `is not for ${host}` : undefined;
}
