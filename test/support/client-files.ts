import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The files that a docker client needs, which `env` and `config` look for but do not read. */
export async function writeClientFiles(home: string): Promise<void> {
  await mkdir(join(home, 'certs'), { recursive: true });
  for (const file of ['ca.pem', 'cert.pem', 'key.pem']) await writeFile(join(home, 'certs', file), '');
}
