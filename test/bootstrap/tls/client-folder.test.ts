import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, createServer } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { authoritiesIn } from '../../../src/bootstrap/tls/authorities.js';
import type { KeyPair } from '../../../src/bootstrap/tls/certificate-files.js';
import { ensureCertificates, renewClient } from '../../../src/bootstrap/tls/certificates.js';
import { writeClientFolder } from '../../../src/bootstrap/tls/client-folder.js';
import { issueClientCertificate, issueServerCertificate } from '../../../src/bootstrap/tls/issue.js';
import { beginRotation, forgetOldAuthority } from '../../../src/bootstrap/tls/rotation.js';

const id = '6f0c1c52-9d0e-4b43-8f3e-0a2c1f6f7f10';
const otherId = '11111111-9d0e-4b43-8f3e-0a2c1f6f7f10';
const now = new Date();
let home: string;
let certs: string;
let folder: string;
let ca: KeyPair;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'swarmup-client-folder-'));
  [certs, folder] = [join(home, 'certs'), join(home, 'machines', 'w1', 'docker')];
  await mkdir(certs);
  await mkdir(folder, { recursive: true });
  ({ ca } = await ensureCertificates(certs, { now }));
});
afterEach(() => rm(home, { recursive: true }));

const server = (of: string | undefined, authority = ca): Promise<KeyPair> =>
  issueServerCertificate({
    name: 'w1',
    ...(of !== undefined && { id: of }),
    sans: ['w1', 'localhost', '127.0.0.1'],
    ca: authority,
    now,
  });
const write = (keepFormer = false, authority = ca): Promise<void> =>
  writeClientFolder(folder, { certs, ca: authority, id }, { keepFormer });

/** What OpenSSL says when a client with this folder connects to an engine with this certificate. */
async function dial({ certPem, keyPem }: KeyPair, from = folder): Promise<string> {
  const hostCa = await readFile(join(certs, 'ca.pem'));
  const engine = createServer({ cert: certPem, key: keyPem, ca: hostCa, requestCert: true, rejectUnauthorized: true });
  engine.on('secureConnection', (socket) => socket.end('let in'));
  engine.on('tlsClientError', () => undefined);
  engine.listen(0, '127.0.0.1');
  await once(engine, 'listening');
  try {
    const [authority, cert, key] = await Promise.all(
      ['ca.pem', 'cert.pem', 'key.pem'].map((file) => readFile(join(from, file))),
    );
    const { port } = engine.address() as AddressInfo;
    let said = '';
    for await (const chunk of connect({ host: '127.0.0.1', port, ca: authority, cert, key })) said += String(chunk);
    return said;
  } catch (error) {
    return String(error);
  } finally {
    engine.close();
  }
}

describe('a client folder', () => {
  it('trusts the engine of its host, also after its certificate was renewed', async () => {
    await write();
    expect((await readdir(folder)).sort()).toEqual(['ca.pem', 'cert.pem', 'key.pem']);
    const before = await readFile(join(folder, 'ca.pem'), 'utf8');
    expect(await dial(await server(id))).toBe('let in');
    await write();
    expect(await readFile(join(folder, 'ca.pem'), 'utf8')).toBe(before);
    expect(await dial(await server(id))).toBe('let in');
  });

  it('trusts no other host of the same authority, which the authority itself would trust', async () => {
    await write();
    const other = await server(otherId);
    expect(await dial(other)).toMatch(/permitted subtree violation|UNSPECIFIED/);
    expect(await dial(other, certs)).toBe('let in');
  });

  it('trusts no certificate of clients', async () => {
    await write();
    expect(await dial(await issueClientCertificate({ ca, now }))).toMatch(/unsuitable|unsupported certificate purpose/);
  });

  it('still trusts the certificate that an older swarmup made', async () => {
    await write();
    expect(await dial(await server(undefined))).toBe('let in');
  });

  it('has the present client certificate, also where the store was moved', async () => {
    await write();
    const renewed = await renewClient(certs, ca, { now });
    expect(await readFile(join(folder, 'cert.pem'), 'utf8')).toBe(renewed.certPem);
    await rename(home, `${home}-moved`);
    expect(await readFile(join(`${home}-moved`, 'machines', 'w1', 'docker', 'key.pem'), 'utf8')).toBe(renewed.keyPem);
    await rename(`${home}-moved`, home);
  });

  it('trusts both authorities while its host changes to a new one, then the new one alone', async () => {
    await write();
    const old = await server(id);
    await beginRotation(certs, { now });
    const { ca: both } = await ensureCertificates(certs, { now });
    await write(true, both);
    expect([await dial(old), await dial(await server(id, both))]).toEqual(['let in', 'let in']);
    expect(await dial(await server(otherId, both))).not.toBe('let in');
    await write(false, both);
    expect(await dial(await server(id, both))).toBe('let in');
    expect(await dial(old)).not.toBe('let in');
    await forgetOldAuthority(certs, both);
    expect(authoritiesIn(await readFile(join(folder, 'ca.pem'), 'utf8'))).toHaveLength(1);
  });

  it('is not begun before its host has a certificate, and a damaged one is made again', async () => {
    await write(true);
    expect(await readdir(folder)).toEqual([]);
    await writeFile(join(folder, 'ca.pem'), '-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n');
    await writeFile(join(folder, 'cert.pem'), 'x');
    await write();
    expect(await dial(await server(id))).toBe('let in');
  });
});
