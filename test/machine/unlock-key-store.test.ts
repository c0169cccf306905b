import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { processRunner, type RunProcess } from '../../src/lib/local-process.js';
import { hasKeyring, type KeyStoreParts, openUnlockKeyStore } from '../../src/machine/unlock-key-store.js';
import { canOpenKeyring, openKeyring } from '../support/keyring.js';

const signal = new AbortController().signal;
const keys = ['SWMKEY-1-newnewnew', 'SWMKEY-1-oldoldold'];

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'unlock-keys-'));
});
afterEach(() => rm(folder, { recursive: true }));

const parts = (changes: Partial<KeyStoreParts> = {}): KeyStoreParts => ({
  run: processRunner(process.env),
  platform: 'linux',
  swarm: { name: 'prod', clusterId: 'abc123' },
  path: join(folder, 'prod.unlock-keys'),
  sealKey: async (mode) => ({ mode, secret: 'correct horse', cost: 10 }),
  ...changes,
});

describe('a sealed file of unlock keys', () => {
  const open = (changes: Partial<KeyStoreParts> = {}) => openUnlockKeyStore({ type: 'passphrase' }, parts(changes));

  it('gives back what it was given, in order, and shows nothing of it', async () => {
    expect(await open().read(signal)).toEqual([]);
    await open().write(keys, signal);
    expect(await open().read(signal)).toEqual(keys);
    expect(await readFile(parts().path, 'latin1')).not.toMatch(/SWMKEY|newnew/);
    await open().remove(signal);
    expect(await open().read(signal)).toEqual([]);
  });

  it('opens with nothing but its passphrase', async () => {
    await open().write(keys, signal);
    const wrong = open({ sealKey: async (mode) => ({ mode, secret: 'wrong' }) });
    await expect(wrong.read(signal)).rejects.toMatchObject({ code: 'SEAL_KEY_WRONG' });
    const other = openUnlockKeyStore({ type: 'key-file', keyFile: 'x' }, parts());
    await expect(other.read(signal)).rejects.toMatchObject({ code: 'SEAL_KEY_WRONG' });
  });
});

describe('a key command', () => {
  const open = (command: string, changes: Partial<KeyStoreParts> = {}) =>
    openUnlockKeyStore({ type: 'command', command }, parts(changes));

  it('takes keys on stdin and prints them, never sees them as arguments', async () => {
    const path = join(folder, 'vault');
    const script = `case $SWARMUP_KEY_ACTION in set) cat >"${path}-$SWARMUP_SWARM-$SWARMUP_CLUSTER_ID";; get) cat "${path}-prod-abc123";; delete) rm "${path}-prod-abc123";; esac`;
    const seen: string[] = [];
    const run: RunProcess = (file, args, options) => {
      seen.push(file, ...args, JSON.stringify(options.env));
      return processRunner(process.env)(file, args, options);
    };
    const store = open(script, { run });
    await store.write(keys, signal);
    expect(await store.read(signal)).toEqual(keys);
    await store.remove(signal);
    expect(seen.join(' ')).not.toContain('SWMKEY');
  });

  it('that fails says why, and nothing of what it printed on stdout', async () => {
    const failed = open('echo SWMKEY-1-secret; echo "vault is sealed" >&2; exit 3').read(signal);
    await expect(failed).rejects.toMatchObject({
      code: 'KEY_CUSTODY_FAILED',
      message: 'the key command failed to get (exit code 3: vault is sealed)',
    });
  });
});

describe.skipIf(!canOpenKeyring)('the keyring (needs libsecret-tools, gnome-keyring, dbus)', () => {
  it(
    'gives back what it was given, never as an argument, and shows nothing of it on disk',
    { timeout: 60_000 },
    async () => {
      await using keyring = await openKeyring(folder);
      const seen: string[] = [];
      const run: RunProcess = (file, args, options) => {
        seen.push(file, ...args);
        return processRunner(process.env)(file, args, { ...options, env: { ...options.env, ...keyring.env } });
      };
      const open = (clusterId: string) =>
        openUnlockKeyStore({ type: 'keyring' }, parts({ run, swarm: { name: 'prod', clusterId } }));
      expect(await hasKeyring(run, 'linux', signal)).toBe(true);
      expect(await open('abc123').read(signal)).toEqual([]);
      await open('abc123').write(keys, signal);
      await open('other').write(keys.slice(1), signal);
      expect(await open('abc123').read(signal)).toEqual(keys);
      const files = (await readdir(join(folder, 'keyrings'))).filter((name) => name.endsWith('.keyring'));
      expect(files).not.toEqual([]);
      for (const name of files)
        expect(await readFile(join(folder, 'keyrings', name), 'latin1')).not.toMatch(/SWMKEY|newnew/);
      await open('abc123').remove(signal);
      expect(await open('abc123').read(signal)).toEqual([]);
      expect(await open('other').read(signal)).toEqual(keys.slice(1));
      expect(seen.join(' ')).not.toContain('SWMKEY');
      await keyring[Symbol.asyncDispose]();
      expect(await hasKeyring(run, 'linux', signal)).toBe(false);
      await expect(open('other').read(signal)).rejects.toMatchObject({ code: 'KEY_CUSTODY_FAILED' });
    },
  );
});

it('there is no keyring where its program is missing or has no service', async () => {
  const missing: RunProcess = () => Promise.reject(Object.assign(new Error('spawn'), { code: 'ENOENT' }));
  const silent: RunProcess = async () => ({ exitCode: 1, stdout: '', stderr: 'Cannot autolaunch D-Bus without X11' });
  for (const run of [missing, silent]) expect(await hasKeyring(run, 'linux', signal)).toBe(false);
  expect(await hasKeyring(silent, 'win32', signal)).toBe(false);
});
