import { join } from 'node:path';
import type { OperationContext } from '../access/context.js';
import { engineOf } from '../access/engine-of.js';

/**
 * The flags that point a docker client to a host, as docker-machine wrote them: `--tlsverify`, `--tlscacert="…"` and
 * so on. Errors: HOST_UNKNOWN, HOST_NOT_READY, NO_TLS.
 */
export async function dockerFlags(context: Pick<OperationContext, 'store'>, name: string): Promise<readonly string[]> {
  const { url, certPath } = engineOf(await context.store.require(name));
  const file = (base: string): string => inQuotes(join(context.store.home, certPath, base));
  return [
    '--tlsverify',
    `--tlscacert=${file('ca.pem')}`,
    `--tlscert=${file('cert.pem')}`,
    `--tlskey=${file('key.pem')}`,
    `-H=${url}`,
  ];
}

/** For a POSIX shell. */
const inQuotes = (text: string): string => `"${text.replaceAll(/["\\$`]/g, String.raw`\$&`)}"`;
