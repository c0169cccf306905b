import { execa } from 'execa';
import { X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer } from 'node:tls';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { certificateEndMs, pemCertificates } from '../../src/agent/certificate-end.js';
import { nodeCertificateEndMs } from '../../src/agent/node-certificate.js';

describe('a certificate made by openssl', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'swarmup-certificate-'));
  });
  afterAll(async () => {
    await rm(folder, { recursive: true });
  });

  async function make(days: number): Promise<{ readonly key: string; readonly cert: string }> {
    const [key, cert] = [join(folder, `${days}.key`), join(folder, `${days}.crt`)];
    const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'];
    await execa('openssl', [
      'req',
      '-x509',
      ...curve,
      '-nodes',
      '-keyout',
      key,
      '-out',
      cert,
      '-days',
      String(days),
      '-subj',
      '/CN=n',
    ]);
    return { key: await readFile(key, 'utf8'), cert: await readFile(cert, 'utf8') };
  }

  // 20 years stay below 2050 (UTCTime), 50 do not (GeneralizedTime).
  it.each([90, 7300, 18250])('ends when node:crypto says so, after %i days', async (days) => {
    const { cert } = await make(days);
    const [der] = pemCertificates(cert);
    expect(der === undefined ? undefined : certificateEndMs(der)).toBe(Date.parse(new X509Certificate(cert).validTo));
  });

  it('is read from a server that shows it', async () => {
    const { key, cert } = await make(90);
    const server = createServer({ key, cert, minVersion: 'TLSv1.2', requestCert: true });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    expect(await nodeCertificateEndMs(port)).toBe(Date.parse(new X509Certificate(cert).validTo));
    server.close();
    await once(server, 'close');
    expect(await nodeCertificateEndMs(port)).toBeUndefined();
  });
});

it('other bytes are no certificate, and no error', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      expect(certificateEndMs(Buffer.from(bytes))).toBeUndefined();
    }),
  );
});
