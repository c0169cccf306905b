import { X509Certificate } from 'node:crypto';

/** The CAs in a PEM file, first the one that signs. Errors: a plain Error where one cannot be read. */
export function authoritiesIn(pem: string): readonly X509Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? [];
  return blocks.map((block) => new X509Certificate(block));
}
