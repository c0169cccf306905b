import { X509Certificate } from 'node:crypto';
import { readlink, rm, symlink } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { codeOf } from '../../lib/errors.js';
import { writeFailure, writeFileAtomic } from '../../machine/atomic-file.js';
import { authoritiesIn } from './authorities.js';
import { files, type KeyPair, readText } from './certificate-files.js';
import { hostMailbox } from './identity.js';

interface ClientFolderOptions {
  /** Folder of the CA and the client certificate. */
  readonly certs: string;
  readonly ca: KeyPair;
  /** ID of the host's record. */
  readonly id: string;
}

/**
 * Makes `folder`, which must exist, one for DOCKER_CERT_PATH whose ca.pem trusts the engine of one host: the CA, limited
 * to the record `id` (`issueHostAuthority`). It changes with the CA only, not with the certificates of the host. The
 * client certificate is a link to the one of the store, so it is never old. Where the system makes no links (Windows),
 * the folder gets no ca.pem. `keepFormer`: trusts the former CA, too, while the host still has its certificate; a folder
 * without a ca.pem gets none yet. Errors: STORE_WRITE_FAILED.
 */
export async function writeClientFolder(
  folder: string,
  { certs, ca, id }: ClientFolderOptions,
  { keepFormer }: { readonly keepFormer: boolean },
): Promise<void> {
  const path = join(folder, files.ca[0]);
  const present = await readText(path);
  if (keepFormer && present === undefined) return;
  const found = authorities(present);
  const current = found.find((authority) => isLimitedTo(authority, id, ca))?.toString() ?? (await issue(ca, id));
  const former = keepFormer ? found.map(String).filter((pem) => pem !== current) : [];
  const text = [current, ...former].join('');
  if (!(await linkClient(folder, certs))) return rm(path, { force: true });
  // Last: where there is a ca.pem, the folder is complete.
  if (text !== present) await writeFileAtomic(path, text);
}

async function issue(ca: KeyPair, id: string): Promise<string> {
  const { issueHostAuthority } = await import('./issue.js');
  return issueHostAuthority({ ca, id });
}

function isLimitedTo(authority: X509Certificate, id: string, ca: KeyPair): boolean {
  const whole = new X509Certificate(ca.certPem);
  return (
    authority.raw.includes(hostMailbox(id)) && authority.subject === whole.subject && authority.verify(whole.publicKey)
  );
}

/** None where the file was damaged. */
function authorities(pem = ''): readonly X509Certificate[] {
  try {
    return authoritiesIn(pem);
  } catch {
    return [];
  }
}

/** False where the system makes no links. */
async function linkClient(folder: string, certs: string): Promise<boolean> {
  for (const file of files.client) {
    const [path, target] = [join(folder, file), relative(folder, join(certs, file))];
    if ((await readlink(path).catch(() => undefined)) === target) continue;
    try {
      await rm(path, { force: true });
      await symlink(target, path);
    } catch (error) {
      if (codeOf(error) === 'EPERM') return false;
      throw writeFailure(path, error);
    }
  }
  return true;
}
