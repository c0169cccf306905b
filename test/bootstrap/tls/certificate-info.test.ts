import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { certificateInfo, normalizeSan, serverSans, stillServes } from '../../../src/bootstrap/tls/certificate-info.js';
import type { KeyPair } from '../../../src/bootstrap/tls/certificate-files.js';
import { issueAuthority, issueServerCertificate } from '../../../src/bootstrap/tls/issue.js';
import { factsOf } from '../facts-text.js';

const now = new Date('2026-11-21T10:00:00Z');
const yearsLater = (years: number): Date => new Date(now.getTime() + years * 365.25 * 24 * 60 * 60_000);
const sans = ['agent1', '10.0.0.2', '2001:db8::1', 'localhost', '*.lab.example'];
let ca: KeyPair;
let otherCa: KeyPair;
let certPem: string;

beforeAll(async () => {
  ca = await issueAuthority({ now });
  otherCa = await issueAuthority({ now });
  ({ certPem } = await issueServerCertificate({ name: 'agent1', sans, ca, now }));
});

describe('certificateInfo', () => {
  it('tells end, names and signer', () => {
    expect(certificateInfo(certPem, ca.certPem)).toEqual({ notAfter: yearsLater(3), sans, matchesCa: true });
    expect(certificateInfo(certPem, otherCa.certPem)).toMatchObject({ matchesCa: false });
  });

  it('is undefined for anything else', () => {
    expect(certificateInfo('hello', ca.certPem)).toBeUndefined();
    expect(certificateInfo('', ca.certPem)).toBeUndefined();
  });
});

describe('stillServes', () => {
  const serves = (wanted: readonly string[], at = now, authority = ca): boolean =>
    stillServes(certificateInfo(certPem, authority.certPem), wanted, at);

  it('is true while every name is covered', () => {
    expect(serves(sans)).toBe(true);
    expect(serves(['10.0.0.2'])).toBe(true);
    expect(serves([...sans, '10.0.0.3'])).toBe(false);
  });

  it('is false for another CA, within 60 days of the end, and for no certificate', () => {
    expect(serves(sans, now, otherCa)).toBe(false);
    expect(serves(sans, yearsLater(2.8))).toBe(true);
    expect(serves(sans, yearsLater(2.9))).toBe(false);
    expect(stillServes(undefined, [], now)).toBe(false);
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
      expect(stillServes(certificateInfo(pem, ca.certPem), addresses, now)).toBe(true);
    }),
    { numRuns: 25 },
  );
});
