import { chmod, mkdir, realpath, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { swarmup } from '../../lib/typed-command.js';
import { writeFailure, writeFileAtomic } from '../../machine/atomic-file.js';
import { userHome } from '../access/user-home.js';
import { type Context, lockOf, includedFile, writeIncluded, readIfThere } from '../steps/ssh-entries.js';

export interface SshIncludeResult {
  /** The user's ssh_config. */
  readonly file: string;
  /** The file of ours that it includes, or included. */
  readonly included: string;
  readonly status: 'installed' | 'uninstalled' | 'unchanged' | 'would-install' | 'would-uninstall';
}

const marker = `# Hosts of swarmup; \`${swarmup`ssh-config --uninstall`}\` removes these two lines.`;

/**
 * Makes the user's ssh_config include a file of ours, once, on top; nothing else in it changes. From then on `create`
 * and `rm` keep that file right. Errors: HOME_UNKNOWN, STORE_WRITE_FAILED.
 */
export async function installSshConfig(
  context: Context,
  options: { readonly dryRun: boolean },
): Promise<SshIncludeResult> {
  const place = await placeOf(context);
  const missing = !place.lines.includes(place.include);
  const about = { file: place.file, included: place.included };
  if (options.dryRun) return { ...about, status: missing ? 'would-install' : 'unchanged' };
  await context.store.withLock(lockOf, { signal: context.signal }, async () => {
    await writeIncluded(context, place.included);
    const rest = place.lines.length === 0 ? [''] : ['', ...place.lines];
    if (missing) await writeUsersFile(place.file, [marker, place.include, ...rest]);
  });
  return { ...about, status: missing ? 'installed' : 'unchanged' };
}

/** Takes back what `installSshConfig` did. Errors: HOME_UNKNOWN, STORE_WRITE_FAILED. */
export async function uninstallSshConfig(
  context: Context,
  options: { readonly dryRun: boolean },
): Promise<SshIncludeResult> {
  const place = await placeOf(context);
  const at = place.lines.indexOf(place.include);
  const about = { file: place.file, included: place.included };
  if (options.dryRun) return { ...about, status: at === -1 ? 'unchanged' : 'would-uninstall' };
  await context.store.withLock(lockOf, { signal: context.signal }, async () => {
    if (at !== -1) await writeUsersFile(place.file, withoutInclude(place.lines, at));
    await rm(place.included, { force: true });
  });
  return { ...about, status: at === -1 ? 'unchanged' : 'uninstalled' };
}

/** Whether OpenSSH knows the hosts. */
export async function isSshConfigInstalled(context: Context): Promise<boolean> {
  const { lines, include } = await placeOf(context);
  return lines.includes(include);
}

interface Place {
  readonly file: string;
  readonly included: string;
  readonly include: string;
  readonly lines: readonly string[];
}

async function placeOf(context: Context): Promise<Place> {
  const named = join(userHome(context), '.ssh', 'config');
  // A link into the user's dotfiles stays a link.
  const file = await realpath(named).catch(() => named);
  const included = includedFile(context);
  const text = (await readIfThere(file)) ?? '';
  return {
    file,
    included,
    include: `Include "${included.replaceAll('\\', '/')}"`,
    lines: text === '' ? [] : text.split('\n'),
  };
}

function withoutInclude(lines: readonly string[], at: number): readonly string[] {
  const from = lines[at - 1] === marker ? at - 1 : at;
  const to = lines[at + 1] === '' ? at + 2 : at + 1;
  return [...lines.slice(0, from), ...lines.slice(to)];
}

async function writeUsersFile(file: string, lines: readonly string[]): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 }).catch((error: unknown) => {
    throw writeFailure(file, error);
  });
  const before = await stat(file).catch(() => undefined);
  await writeFileAtomic(file, lines.join('\n'));
  if (before !== undefined) await chmod(file, before.mode & 0o777);
}
