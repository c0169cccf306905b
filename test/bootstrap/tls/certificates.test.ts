import { execFileSync, spawnSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ensureCertificates, readAuthority } from '../../../src/bootstrap/tls/certificates.js';
import { issueServerCertificate } from '../../../src/bootstrap/tls/issue.js';

const now = new Date('2026-11-21T10:00:00Z');
const dayMs = 24 * 60 * 60_000;
const later = (days: number): Date => new Date(now.getTime() + days * dayMs);
const names = ['ca-key.pem', 'ca.pem', 'cert.pem', 'key.pem'];

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'swarmup-certs-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

const contents = async (): Promise<readonly string[]> =>
  Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));

describe('ensureCertificates', () => {
  it('makes a CA and a client certificate that only the owner can read', async () => {
    const { ca, client } = await ensureCertificates(folder, { now });
    expect((await readdir(folder)).sort()).toEqual(names);
    for (const name of names) expect((await stat(join(folder, name))).mode & 0o777).toBe(0o600);
    expect(await contents()).toEqual([ca.keyPem, ca.certPem, client.certPem, client.keyPem]);
    const authority = new X509Certificate(ca.certPem);
    const certificate = new X509Certificate(client.certPem);
    expect(authority.ca).toBe(true);
    expect(authority.subject).toMatch(/^CN=swarmup CA [0-9a-f]{8}$/);
    expect(certificate.ca).toBe(false);
    expect(certificate.checkIssued(authority) && certificate.verify(authority.publicKey)).toBe(true);
    expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2']);
    expect(certificate.publicKey.asymmetricKeyDetails?.namedCurve).toBe('prime256v1');
  });

  it('begins an hour ago, for clocks that are behind, and lasts 10 and 3 years', async () => {
    const { ca, client } = await ensureCertificates(folder, { now });
    const [authority, certificate] = [new X509Certificate(ca.certPem), new X509Certificate(client.certPem)];
    expect(new Date(authority.validFrom).toISOString()).toBe('2026-11-21T09:00:00.000Z');
    expect(new Date(authority.validTo).getUTCFullYear()).toBe(2036);
    expect(new Date(certificate.validFrom).toISOString()).toBe('2026-11-21T09:00:00.000Z');
    expect(new Date(certificate.validTo).getUTCFullYear()).toBe(2029);
  });

  it('keeps what is there', async () => {
    await ensureCertificates(folder, { now });
    const before = await contents();
    await ensureCertificates(folder, { now: later(300) });
    expect(await contents()).toEqual(before);
  });

  it.each(names.slice(2))('makes a new client certificate when %s is gone, under the same CA', async (name) => {
    const { ca } = await ensureCertificates(folder, { now });
    await rm(join(folder, name));
    const again = await ensureCertificates(folder, { now });
    expect(again.ca).toEqual(ca);
    expect(new X509Certificate(again.client.certPem).verify(new X509Certificate(ca.certPem).publicKey)).toBe(true);
    expect((await readdir(folder)).sort()).toEqual(names);
  });

  it('replaces a client certificate that is near its end, damaged, or of another CA', async () => {
    const { client } = await ensureCertificates(folder, { now });
    const renewed = await ensureCertificates(folder, { now: later(3 * 365 - 30) });
    expect(renewed.client.certPem).not.toBe(client.certPem);
    await writeFile(join(folder, 'cert.pem'), 'not a certificate');
    expect((await ensureCertificates(folder, { now })).client.certPem).toMatch(/^-----BEGIN CERTIFICATE-----/);
    await Promise.all(['ca.pem', 'ca-key.pem'].map((name) => rm(join(folder, name))));
    const { ca, client: third } = await ensureCertificates(folder, { now });
    expect(new X509Certificate(third.certPem).verify(new X509Certificate(ca.certPem).publicKey)).toBe(true);
  });

  it('completes a CA whose making was interrupted after its key', async () => {
    await writeFile(join(folder, 'ca-key.pem'), 'half');
    const { ca } = await ensureCertificates(folder, { now });
    expect(await readAuthority(folder, { now })).toEqual(ca);
  });

  it.each([
    ['its key is missing', async () => rm(join(folder, 'ca-key.pem')), 'ca-key.pem is missing'],
    ['its certificate is damaged', async () => writeFile(join(folder, 'ca.pem'), 'x'), 'cannot be used'],
    [
      'its key is another one',
      async () => writeFile(join(folder, 'ca-key.pem'), await readFile(join(folder, 'key.pem'))),
      'ca-key.pem is not the key of ca.pem',
    ],
  ])('refuses a CA when %s, and changes nothing', async (_, damage, message) => {
    await ensureCertificates(folder, { now });
    await damage();
    const before = await readdir(folder);
    await expect(ensureCertificates(folder, { now })).rejects.toMatchObject({
      code: 'CA_BROKEN',
      message: expect.stringContaining(message) as string,
    });
    expect(await readdir(folder)).toEqual(before);
  });

  it('refuses a CA that has expired', async () => {
    await ensureCertificates(folder, { now });
    await expect(ensureCertificates(folder, { now: later(3660) })).rejects.toMatchObject({
      code: 'CA_BROKEN',
      message: expect.stringMatching(/the certificate expired on 2036-11-\d\d$/) as string,
    });
  });

  it('says which folder it cannot write', async () => {
    await expect(ensureCertificates(join(folder, 'missing'), { now })).rejects.toMatchObject({
      code: 'STORE_WRITE_FAILED',
      message: expect.stringContaining(join(folder, 'missing')) as string,
    });
  });
});

const openssl = spawnSync('openssl', ['version']).status === 0;

it.skipIf(!openssl)('openssl accepts the certificates for their purposes, and for no other', async () => {
  const { ca, client } = await ensureCertificates(folder, { now: new Date() });
  const server = await issueServerCertificate({ name: 'agent1', sans: ['agent1', '10.0.0.2'], ca, now: new Date() });
  await writeFile(join(folder, 'server.pem'), server.certPem);
  await chmod(join(folder, 'server.pem'), 0o600);
  const verify = (name: string, purpose: string): string =>
    execFileSync('openssl', ['verify', '-x509_strict', '-CAfile', 'ca.pem', '-purpose', purpose, name], {
      cwd: folder,
      encoding: 'utf8',
      stdio: 'pipe',
    });
  expect(verify('cert.pem', 'sslclient')).toBe('cert.pem: OK\n');
  expect(verify('server.pem', 'sslserver')).toBe('server.pem: OK\n');
  expect(() => verify('cert.pem', 'sslserver')).toThrow(
    /unsuitable certificate purpose|unsupported certificate purpose/,
  );
  expect(() => verify('server.pem', 'sslclient')).toThrow(
    /unsuitable certificate purpose|unsupported certificate purpose/,
  );
  expect(client.certPem).not.toBe(server.certPem);
});
