import { readFile, rm } from 'node:fs/promises';
import { codeOf, messageOf, SwarmupError } from '../lib/errors.js';
import type { ProcessOptions, ProcessResult, RunProcess } from '../lib/local-process.js';
import { readSealHeader, seal, type SealKey, unseal } from '../lib/sealed-file.js';
import { swarmup } from '../lib/typed-command.js';
import { writeFileAtomic } from './atomic-file.js';
import type { KeyCustody } from './machine-record.js';

/**
 * The unlock keys of one swarm, newest first. After a rotation the former ones stay until every manager has taken the
 * new one: a manager that was down still needs the key it knew.
 */
export type UnlockKeys = readonly string[];

/** Where the unlock keys of one swarm are kept: encrypted, and never in an argument of a process. */
export interface UnlockKeyStore {
  /** For messages: `the keyring of this machine`. */
  readonly where: string;
  /** Empty when none is kept. Errors: KEY_CUSTODY_FAILED; of a sealed file SEAL_KEY_WRONG, SEAL_DAMAGED. */
  read(signal: AbortSignal): Promise<UnlockKeys>;
  /** Replaces what is kept. Errors: KEY_CUSTODY_FAILED, STORE_WRITE_FAILED. */
  write(keys: UnlockKeys, signal: AbortSignal): Promise<void>;
  /** Fine when none is kept. */
  remove(signal: AbortSignal): Promise<void>;
}

export interface KeyStoreParts {
  readonly run: RunProcess;
  readonly platform: NodeJS.Platform;
  /** Two stores may have swarms with the same name: the cluster's ID distinguishes their keys. */
  readonly swarm: { readonly name: string; readonly clusterId: string };
  /** The sealed file. */
  readonly path: string;
  /** What opens it; asked when it is needed. */
  readonly sealKey: (mode: SealKey['mode']) => Promise<SealKey>;
}

/** The store of a kind of custody. */
export function openUnlockKeyStore(custody: KeyCustody, parts: KeyStoreParts): UnlockKeyStore {
  switch (custody.type) {
    case 'keyring':
      return keyringStore(parts);
    case 'command':
      return commandStore(custody.command, parts);
    case 'passphrase':
    case 'key-file':
      return sealedStore(custody.type, parts);
  }
}

/** Whether this computer has a keyring that keeps its entries after a restart. */
export async function hasKeyring(run: RunProcess, platform: NodeJS.Platform, signal: AbortSignal): Promise<boolean> {
  // secret-tool answers 1 both for an unknown secret and without a keyring; only the latter says why.
  const [file, args] =
    platform === 'darwin' ? ['security', ['list-keychains']] : ['secret-tool', ['lookup', 'swarmup', 'probe']];
  if (platform !== 'darwin' && platform !== 'linux') return false;
  try {
    const { stderr } = await run(file, args, { timeoutMs: 5000, signal });
    return stderr.trim() === '';
  } catch {
    signal.throwIfAborted();
    return false;
  }
}

const kind = 'swarm-unlock-keys';

function sealedStore(mode: SealKey['mode'], { path, sealKey }: KeyStoreParts): UnlockKeyStore {
  let asked: Promise<SealKey> | undefined;
  const key = (): Promise<SealKey> => (asked ??= sealKey(mode));
  return {
    where: path,
    async read() {
      const file = await readFile(path).catch((error: unknown) => {
        if (codeOf(error) === 'ENOENT') return undefined;
        throw custodyFailed(`cannot read ${path}: ${messageOf(error)}`);
      });
      if (file === undefined) return [];
      readSealHeader(file, { path, kind });
      return parse((await unseal(file, { path, kind }, await key())).toString('utf8'));
    },
    async write(keys) {
      await writeFileAtomic(path, await seal(Buffer.from(format(keys)), { kind, key: await key() }));
    },
    remove: () => rm(path, { force: true }),
  };
}

/**
 * A command of the user keeps the keys (sops, pass, vault, a cloud's secrets). It runs in a shell with
 * SWARMUP_KEY_ACTION = get, set or delete, SWARMUP_SWARM and SWARMUP_CLUSTER_ID: `get` prints what `set` got on stdin.
 */
function commandStore(command: string, { run, platform, swarm }: KeyStoreParts): UnlockKeyStore {
  const where = 'the key command';
  const call = async (action: 'get' | 'set' | 'delete', signal: AbortSignal, input?: string): Promise<string> => {
    const env = { SWARMUP_KEY_ACTION: action, SWARMUP_SWARM: swarm.name, SWARMUP_CLUSTER_ID: swarm.clusterId };
    const [shell, flag] = platform === 'win32' ? ['cmd.exe', '/c'] : ['sh', '-c'];
    const options = { timeoutMs: 60_000, signal, env, ...(input !== undefined && { input }) };
    return checked(where, action, run, shell, [flag, command], options);
  };
  return {
    where,
    read: async (signal) => parse(await call('get', signal)),
    async write(keys, signal) {
      await call('set', signal, format(keys));
    },
    async remove(signal) {
      await call('delete', signal);
    },
  };
}

/** The keyring by the programs of the system, which take secrets on stdin: `secret-tool` (libsecret), `security`. */
function keyringStore(parts: KeyStoreParts): UnlockKeyStore {
  return parts.platform === 'darwin' ? macKeychain(parts) : secretService(parts);
}

function secretService({ run, swarm }: KeyStoreParts): UnlockKeyStore {
  const where = 'the keyring (secret-tool)';
  const attributes = ['application', 'swarmup', 'cluster', swarm.clusterId];
  return {
    where,
    async read(signal) {
      const options = { timeoutMs: 30_000, signal };
      const { exitCode, stdout, stderr } = await tool(where, run, 'secret-tool', ['lookup', ...attributes], options);
      if (exitCode !== 0 && stderr.trim() !== '') throw custodyFailed(`${where}: ${stderr.trim()}`);
      return parse(stdout);
    },
    async write(keys, signal) {
      const args = ['store', '--label', `unlock keys of swarm ${swarm.name}`, ...attributes];
      await checked(where, 'store', run, 'secret-tool', args, { timeoutMs: 30_000, signal, input: format(keys) });
    },
    async remove(signal) {
      await tool(where, run, 'secret-tool', ['clear', ...attributes], { timeoutMs: 30_000, signal });
    },
  };
}

function macKeychain({ run, swarm }: KeyStoreParts): UnlockKeyStore {
  const where = 'the keychain (security)';
  const item = ['-s', 'swarmup', '-a', swarm.clusterId];
  const ask = (args: readonly string[], signal: AbortSignal): Promise<ProcessResult> =>
    tool(where, run, 'security', args, { timeoutMs: 30_000, signal });
  return {
    where,
    read: async (signal) => {
      const { exitCode, stdout } = await ask(['find-generic-password', ...item, '-w'], signal);
      // A text with line breaks is printed in hexadecimal; ours has commas instead.
      return exitCode === 0 ? parse(stdout.trim().replaceAll(',', '\n')) : [];
    },
    async write(keys, signal) {
      // Interactive mode takes the whole command on stdin, the secret with it.
      const input = `add-generic-password -U ${item.join(' ')} -w ${keys.join(',')}\n`;
      await checked(where, 'store', run, 'security', ['-i'], { timeoutMs: 30_000, signal, input });
    },
    async remove(signal) {
      await ask(['delete-generic-password', ...item], signal);
    },
  };
}

async function checked(
  where: string,
  action: string,
  run: RunProcess,
  file: string,
  args: readonly string[],
  options: ProcessOptions,
): Promise<string> {
  const { exitCode, stdout, stderr } = await tool(where, run, file, args, options);
  if (exitCode === 0) return stdout;
  // The output of the command on stdout may be the key.
  const said = stderr.trim().split('\n').at(-1) ?? '';
  throw custodyFailed(`${where} failed to ${action} (exit code ${exitCode}${said === '' ? '' : `: ${said}`})`);
}

async function tool(
  where: string,
  run: RunProcess,
  file: string,
  args: readonly string[],
  options: ProcessOptions,
): Promise<ProcessResult> {
  try {
    return await run(file, args, options);
  } catch (error) {
    options.signal?.throwIfAborted();
    throw custodyFailed(`${where} cannot be used: ${messageOf(error)}`);
  }
}

const format = (keys: UnlockKeys): string => `${keys.join('\n')}\n`;
/** As moby/swarmkit writes them: `SWMKEY-1-` and base64 without padding. */
const parse = (text: string): UnlockKeys => text.split(/\s+/).filter((line) => line.startsWith('SWMKEY-'));

const custodyFailed = (message: string): SwarmupError =>
  new SwarmupError('KEY_CUSTODY_FAILED', message, {
    hints: [`${swarmup`swarm unlock-key`} shows the key as long as a manager answers`],
  });
