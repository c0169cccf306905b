import { createPrivateKey, webcrypto } from 'node:crypto';
import { loadX509 } from '../../src/bootstrap/tls/issue.js';
import type { KeyPair } from '../../src/bootstrap/tls/certificate-files.js';

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const dayMs = 24 * 60 * 60_000;

/** The certificate of a node (the first of `pem`) as `ca`, the authority of its swarm, would have issued it: it ended a day ago. */
export async function endedCopy(pem: string, ca: KeyPair): Promise<string> {
  const x509 = await loadX509();
  const [first = ''] = /-----BEGIN[^]*?-----END CERTIFICATE-----/.exec(pem) ?? [];
  const { subject, publicKey, extensions, serialNumber } = new x509.X509Certificate(first);
  const der = createPrivateKey(ca.keyPem).export({ type: 'pkcs8', format: 'der' });
  const ended = await x509.X509CertificateGenerator.create({
    subject,
    publicKey,
    extensions,
    serialNumber,
    issuer: new x509.X509Certificate(ca.certPem).subject,
    notBefore: new Date(Date.now() - 91 * dayMs),
    notAfter: new Date(Date.now() - dayMs),
    signingAlgorithm: algorithm,
    signingKey: await webcrypto.subtle.importKey('pkcs8', der, algorithm, false, ['sign']),
  });
  return `${ended.toString('pem')}\n`;
}

/** One that says the role of its node as swarm writes it. */
export async function roleCertificate(role: string): Promise<string> {
  const x509 = await loadX509();
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const name = `O=cluster, OU=swarm-${role}, CN=node`;
  const signed = await x509.X509CertificateGenerator.createSelfSigned({ name, signingAlgorithm: algorithm, keys });
  return signed.toString('pem');
}
