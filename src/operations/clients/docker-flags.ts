import { join } from 'node:path';
import { completeClientFolder } from '../access/client-folder.js';
import type { OperationContext } from '../access/context.js';
import { engineInUse } from '../access/engine-of.js';

/**
 * The flags that point a docker client to a host, as docker-machine wrote them: `--tlsverify`, `--tlscacert="…"` and
 * so on. Errors: HOST_UNKNOWN, HOST_NOT_READY, HOST_REMOVING, NO_TLS.
 */
export async function dockerFlags(context: Pick<OperationContext, 'store'>, name: string): Promise<readonly string[]> {
  const record = await context.store.require(name);
  const { url } = engineInUse(record);
  const folder = completeClientFolder(context.store, record);
  const file = (base: string): string => inQuotes(join(folder, base));
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
