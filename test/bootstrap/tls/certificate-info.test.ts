import { X509Certificate } from 'node:crypto';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { certificateInfo, normalizeSan, serverSans, stillServes } from '../../../src/bootstrap/tls/certificate-info.js';
import type { KeyPair } from '../../../src/bootstrap/tls/certificate-files.js';
import { identityOf, isForServers } from '../../../src/bootstrap/tls/identity.js';
import { issueAuthority, issueClientCertificate, issueServerCertificate } from '../../../src/bootstrap/tls/issue.js';
import { factsOf } from '../facts-text.js';

const now = new Date('2026-11-21T10:00:00Z');
const yearsLater = (years: number): Date => new Date(now.getTime() + years * 365.25 * 24 * 60 * 60_000);
const sans = ['agent1', '10.0.0.2', '2001:db8::1', 'localhost', '*.lab.example'];
const id = '6f0c1c52-9d0e-4b43-8f3e-0a2c1f6f7f10';
let ca: KeyPair;
let otherCa: KeyPair;
let certPem: string;

beforeAll(async () => {
  ca = await issueAuthority({ now });
  otherCa = await issueAuthority({ now });
  ({ certPem } = await issueServerCertificate({ name: 'agent1.default', id, sans, ca, now }));
});

describe('certificateInfo', () => {
  it('tells end, names and signer', () => {
    expect(certificateInfo(certPem, ca.certPem)).toEqual({ notAfter: yearsLater(3), sans, id, matchesCa: true });
    expect(certificateInfo(certPem, otherCa.certPem)).toMatchObject({ matchesCa: false });
  });

  it('is undefined for anything else', () => {
    expect(certificateInfo('hello', ca.certPem)).toBeUndefined();
    expect(certificateInfo('', ca.certPem)).toBeUndefined();
  });
});

describe('stillServes', () => {
  const serves = (wanted: readonly string[], at = now, authority = ca): boolean =>
    stillServes(certificateInfo(certPem, authority.certPem), { id, sans: wanted }, at);

  it('is true while every name is covered', () => {
    expect(serves(sans)).toBe(true);
    expect(serves(['10.0.0.2'])).toBe(true);
    expect(serves([...sans, '10.0.0.3'])).toBe(false);
  });

  it('is false for another CA, within 60 days of the end, and for no certificate', () => {
    expect(serves(sans, now, otherCa)).toBe(false);
    expect(serves(sans, yearsLater(2.8))).toBe(true);
    expect(serves(sans, yearsLater(2.9))).toBe(false);
    expect(stillServes(undefined, { id, sans: [] }, now)).toBe(false);
  });
});

describe('the identity in a certificate', () => {
  const issued = async (changes: Partial<Parameters<typeof issueServerCertificate>[0]>) => {
    const { certPem: pem } = await issueServerCertificate({ name: 'agent1', sans, ca, now, ...changes });
    return new X509Certificate(pem);
  };

  it('is the ID of the record and the name of the host, beside the names to connect to', async () => {
    const certificate = await issued({ id, name: 'agent1.default' });
    expect(identityOf(certificate)).toEqual({ id, name: 'agent1.default' });
    expect(certificate.subjectAltName).toContain(`URI:urn:uuid:${id}`);
    expect(isForServers(certificate)).toBe(true);
  });

  it('is the name alone in one of an older swarmup, which stays until it must be replaced', async () => {
    const certificate = await issued({});
    expect(identityOf(certificate)).toEqual({ id: undefined, name: 'agent1' });
    expect(stillServes(certificateInfo(certificate.toString(), ca.certPem), { id, sans }, now)).toBe(true);
  });

  it('of another record does not serve', async () => {
    const certificate = await issued({ id: '11111111-9d0e-4b43-8f3e-0a2c1f6f7f10' });
    expect(stillServes(certificateInfo(certificate.toString(), ca.certPem), { id, sans }, now)).toBe(false);
  });

  it('has the own part of a name that is too long for a common name', async () => {
    const long = 'a'.repeat(40);
    expect(identityOf(await issued({ name: `${long}.${long}` })).name).toBe(long);
  });

  it('is not that of a server in the certificate of a client', async () => {
    const { certPem: pem } = await issueClientCertificate({ ca, now });
    expect(isForServers(new X509Certificate(pem))).toBe(false);
  });
});

describe('serverSans', () => {
  it("has what is known, the host's lasting addresses and the loopback names, each once", () => {
    expect(serverSans(factsOf(), ['manager', '10.219.7.11', 'FD00:0::1', 'Agent1'])).toEqual([
      'manager',
      '10.219.7.11',
      'fd00::1',
      'agent1',
      '2001:db8::11',
      'localhost',
      '127.0.0.1',
      '::1',
    ]);
  });

  it('does not change when swarm mode adds its bridge', () => {
    const extra =
      'address=9: docker_gwbridge    inet 172.18.0.1/16 scope global docker_gwbridge\nmtu=docker_gwbridge 1500';
    expect(serverSans(factsOf({ extra }), [])).toEqual(serverSans(factsOf(), []));
  });

  it.each(['', 'a b', 'host:2376', 'https://host', 'ümlaut', '*'])('refuses %j', (san) => {
    expect(() => serverSans(factsOf(), [san])).toThrow(
      expect.objectContaining({ code: 'TLS_SAN_INVALID', exitCode: 2 }),
    );
  });
});

it('any address reads back from a certificate as it was normalized', async () => {
  const address = fc.oneof(fc.ipV4(), fc.ipV6());
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(address.map(normalizeSan), { minLength: 1, maxLength: 5 }), async (addresses) => {
      const { certPem: pem } = await issueServerCertificate({ name: 'x', sans: addresses, ca, now });
      expect(stillServes(certificateInfo(pem, ca.certPem), { id, sans: addresses }, now)).toBe(true);
    }),
    { numRuns: 25 },
  );
});
