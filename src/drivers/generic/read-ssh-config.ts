import { readdir, readFile } from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';
import SSHConfig, { glob } from 'ssh-config';
import { codeOf, messageOf, SwarmupError } from '../../lib/errors.js';

/** The settings for a host by lower-case keyword, as ssh would use them. */
export type SshSettings = (alias: string, user: string | undefined) => Readonly<Record<string, string | string[]>>;

const deepest = 16;

/**
 * Reads the user's ssh_config, then the system's; a file that is not there is empty. `Include`, `Host` and `Match`
 * count; commands of `Match exec` are not run, so those blocks never match.
 * Errors: SSH_CONFIG_INVALID.
 */
export async function readSshConfig(home: string): Promise<SshSettings> {
  const folder = join(home, '.ssh');
  const texts = [await textOf(join(folder, 'config'), folder, 0), await textOf('/etc/ssh/ssh_config', '/etc/ssh', 0)];
  const config = parse(texts.join('\nMatch all\n'));
  return (alias, user) =>
    config.compute({ Host: alias, ...(user !== undefined && { User: user }) }, { ignoreCase: true, matchExec: false });
}

function parse(text: string): SSHConfig {
  try {
    return SSHConfig.parse(text);
  } catch (error) {
    throw new SwarmupError('SSH_CONFIG_INVALID', `~/.ssh/config cannot be read: ${messageOf(error)}`, {
      hints: ['ssh -G HOST shows how OpenSSH reads the file'],
      cause: error,
    });
  }
}

/** A file with its included files in place. An included file cannot change which hosts the lines after it are for. */
async function textOf(path: string, folder: string, depth: number): Promise<string> {
  const text = await readIfThere(path);
  if (!/^\s*include\b/im.test(text)) return text;
  if (depth > deepest) throw new SwarmupError('SSH_CONFIG_INVALID', `${path}: too many levels of Include`);
  const lines: string[] = [];
  let section = 'Match all';
  for (const line of text.split(/\r?\n/)) {
    if (/^\s*(host|match)\b/i.test(line)) section = line.trim();
    const patterns = /^\s*include[\s=]+(.*)$/i.exec(line)?.[1];
    if (patterns === undefined) lines.push(line);
    else lines.push(...(await included(patterns, folder, depth)), section);
  }
  return lines.join('\n');
}

async function included(patterns: string, folder: string, depth: number): Promise<readonly string[]> {
  const words = [...patterns.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, word]) => quoted ?? word ?? '');
  const paths = await Promise.all(words.map((word) => expand(word.replace(/^~(?=\/)/, dirname(folder)), folder)));
  return Promise.all(paths.flat().map((path) => textOf(path, folder, depth + 1)));
}

/** `*` and `?` in the last part of a path. */
async function expand(word: string, folder: string): Promise<readonly string[]> {
  const path = isAbsolute(word) ? word : join(folder, word);
  if (!/[*?]/.test(path)) return [path];
  const pattern = path.slice(path.lastIndexOf('/') + 1);
  const names = await readdir(dirname(path)).catch(() => []);
  return names
    .filter((name) => glob(pattern, name))
    .sort()
    .map((name) => join(dirname(path), name));
}

async function readIfThere(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EISDIR') return '';
    throw new SwarmupError('SSH_CONFIG_INVALID', `cannot read ${path}: ${messageOf(error)}`, { cause: error });
  }
}
