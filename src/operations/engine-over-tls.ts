import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { connect, createSecureContext, type SecureContext } from 'node:tls';
import { openEngine, type EngineClient } from '../lib/engine-client.js';
import type { MachineRecord } from '../machine/machine-record.js';
import type { Store } from '../machine/store.js';
import { engineOf } from './env.js';

/**
 * The engines of hosts by their TLS ports, with the client certificate that `swarmup env` hands out: they see what
 * the user's docker client sees. Errors: those of `engineOf` at once; ENGINE_UNREACHABLE with each request.
 */
export function enginesOverTls(store: Pick<Store, 'home'>): (record: MachineRecord) => EngineClient {
  // Hosts share their client certificate, and making a context of it takes longer than a handshake.
  const contexts = new Map<string, Promise<SecureContext>>();
  return (record) => {
    const { url, certPath } = engineOf(record);
    const { hostname, port } = new URL(url);
    const host = hostname.replace(/^\[|\]$/g, '');
    return openEngine({
      what: `the engine of ${record.name}`,
      host: record.name,
      dial: async (signal) => {
        const known = contexts.get(certPath) ?? secureContext(join(store.home, certPath));
        contexts.set(certPath, known);
        const secure = await known;
        // A server name must not be an address (RFC 6066 §3); without one the address is checked against the SANs.
        const servername = isIP(host) === 0 ? host : '';
        const socket = connect({ host, port: Number(port), secureContext: secure, servername });
        const abort = (): void => void socket.destroy(signal.reason as Error);
        signal.addEventListener('abort', abort, { once: true });
        socket.once('close', () => {
          signal.removeEventListener('abort', abort);
        });
        if (signal.aborted) abort();
        await once(socket, 'secureConnect');
        return socket;
      },
    });
  };
}

async function secureContext(folder: string): Promise<SecureContext> {
  const [ca, cert, key] = await Promise.all(
    ['ca.pem', 'cert.pem', 'key.pem'].map((file) => readFile(join(folder, file))),
  );
  return createSecureContext({ ca, cert, key });
}
