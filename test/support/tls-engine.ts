import { once } from 'node:events';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { ensureCertificates } from '../../src/bootstrap/tls/certificates.js';
import { issueClientCertificate, issueServerCertificate } from '../../src/bootstrap/tls/issue.js';

interface TlsEngine extends AsyncDisposable {
  readonly url: string;
  /** Paths that were asked for. */
  readonly asked: readonly string[];
}

interface TlsEngineOptions {
  /** Folder with the certificates; made when it has none. */
  readonly certs: string;
  readonly version: string;
  /** The name of the host whose engine it is; its record has the ID that `machineRecord` gives it. */
  readonly of: string;
  /** `name-only`: an older swarmup made its certificate; `client`: it has one that is for clients. */
  readonly certificate?: 'name-only' | 'client';
  /** What the server's certificate is for. */
  readonly sans?: readonly string[];
  /** Folder of the CA that signs it; default: `certs`, as it should be. */
  readonly signedBy?: string;
  /** The day on which it was issued; default: today. */
  readonly issuedOn?: Date;
  /** Takes connections but never answers. */
  readonly silent?: boolean;
  /** What it answers to paths without their version and query; to all others its version. */
  readonly answers?: Readonly<Record<string, unknown>>;
}

/** A Docker Engine as far as `GET /version` goes, on loopback, that lets in only our client certificate. */
export async function tlsEngine({
  certs,
  version,
  of,
  certificate,
  sans = ['127.0.0.1'],
  signedBy = certs,
  issuedOn = new Date(),
  silent,
  answers = {},
}: TlsEngineOptions): Promise<TlsEngine> {
  const { ca } = await ensureCertificates(certs, { now: new Date() });
  const { ca: signer } = await ensureCertificates(signedBy, { now: new Date() });
  const issue = { ca: signer, now: issuedOn };
  const { certPem, keyPem } =
    certificate === 'client'
      ? await issueClientCertificate(issue)
      : await issueServerCertificate({
          ...issue,
          name: of,
          ...(certificate === undefined && { id: `id-of-${of}` }),
          sans: [...sans],
        });
  const asked: string[] = [];
  const options = { cert: certPem, key: keyPem, ca: ca.certPem, requestCert: true, rejectUnauthorized: true };
  const server: Server = createServer(options, (request, response) => {
    asked.push(request.url ?? '');
    if (silent !== true) {
      const { pathname } = new URL(request.url ?? '/', 'https://engine');
      response.end(JSON.stringify(answers[pathname.replace(/^\/v[\d.]+/, '')] ?? { Version: version }));
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
