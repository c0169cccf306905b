import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { openEngine, type EngineClient } from '../lib/engine-client.js';
import type { MachineRecord } from '../machine/machine-record.js';
import type { Store } from '../machine/store.js';
import { engineOf } from './env.js';

/**
 * The engine of a host by its TLS port, with the client certificate that `swarmup env` hands out: it sees what the
 * user's docker client sees. Errors: those of `engineOf` at once; ENGINE_UNREACHABLE with each request.
 */
export function engineOverTls(store: Pick<Store, 'home'>, record: MachineRecord): EngineClient {
  const engine = engineOf(record);
  const { hostname, port } = new URL(engine.url);
  const host = hostname.replace(/^\[|\]$/g, '');
  const folder = join(store.home, engine.certPath);
  let files: Promise<readonly Buffer[]> | undefined;
  return openEngine({
    what: `the engine of ${record.name}`,
    host: record.name,
    dial: async (signal) => {
      files ??= Promise.all(['ca.pem', 'cert.pem', 'key.pem'].map((file) => readFile(join(folder, file))));
      const [ca, cert, key] = await files;
      signal.throwIfAborted();
      // A server name must not be an address (RFC 6066 §3); without one the address is checked against the SANs.
      const socket = connect({
        host,
        port: Number(port),
        ca,
        cert,
        key,
        ...(isIP(host) === 0 && { servername: host }),
      });
      // Destroying the socket is all that an abort needs: whoever reads it gets the error.
      const abort = (): void => void socket.destroy(signal.reason as Error);
      signal.addEventListener('abort', abort, { once: true });
      socket.once('close', () => {
        signal.removeEventListener('abort', abort);
      });
      await new Promise<void>((resolve, reject) => {
        socket.once('secureConnect', resolve).once('error', reject);
      });
      return socket;
    },
  });
}
