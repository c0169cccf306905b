import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, createServer, type Server } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureCertificates, type Certificates } from '../../../src/bootstrap/tls/certificates.js';
import type { KeyPair } from '../../../src/bootstrap/tls/certificate-files.js';
import { issueServerCertificate } from '../../../src/bootstrap/tls/issue.js';

let folder: string;
let ours: Certificates;
let others: Certificates;
let server: Server;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'swarmup-tls-'));
  const now = new Date();
  ours = await ensureCertificates(folder, { now });
  await Promise.all(['ca.pem', 'ca-key.pem'].map((name) => rm(join(folder, name))));
  others = await ensureCertificates(folder, { now });
  const sans = ['agent1', 'localhost', '127.0.0.1'];
  const { certPem, keyPem } = await issueServerCertificate({ name: 'agent1', sans, ca: ours.ca, now });
  // like dockerd --tlsverify
  server = createServer({
    cert: certPem,
    key: keyPem,
    ca: ours.ca.certPem,
    requestCert: true,
    rejectUnauthorized: true,
  });
  server.on('secureConnection', (socket) => socket.end('let in'));
  server.on('tlsClientError', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(async () => {
  server.close();
  await rm(folder, { recursive: true });
});

/** What the server says to a client. Rejects when either side refuses the other. */
async function call(options: { ca: KeyPair; client?: KeyPair; servername?: string }): Promise<string> {
  const socket = connect({
    host: '127.0.0.1',
    port: (server.address() as AddressInfo).port,
    ca: options.ca.certPem,
    ...(options.client !== undefined && { cert: options.client.certPem, key: options.client.keyPem }),
    ...(options.servername !== undefined && { servername: options.servername }),
  });
  let said = '';
  for await (const chunk of socket) said += String(chunk);
  return said;
}

describe('a server with our certificate', () => {
  it.each([undefined, 'agent1', 'localhost'])(
    'lets our client in, called by its address or as %s',
    async (servername) => {
      const said = await call({ ca: ours.ca, client: ours.client, ...(servername !== undefined && { servername }) });
      expect(said).toBe('let in');
    },
  );

  it('refuses a client without a certificate', async () => {
    await expect(call({ ca: ours.ca })).rejects.toThrow(/certificate required|handshake failure|ECONNRESET/);
  });

  it('refuses a client of another CA', async () => {
    // Node's server just closes the connection in this case: the answer tells the difference.
    const said = await call({ ca: ours.ca, client: others.client }).catch(() => '');
    expect(said).toBe('');
  });

  it('is refused by a client that trusts another CA', async () => {
    await expect(call({ ca: others.ca, client: ours.client })).rejects.toThrow(
      /unable to verify|self-signed|signature/,
    );
  });

  it('is refused under a name that it does not have', async () => {
    await expect(call({ ca: ours.ca, client: ours.client, servername: 'agent2' })).rejects.toMatchObject({
      code: 'ERR_TLS_CERT_ALTNAME_INVALID',
    });
  });
});
