import { execFile } from 'node:child_process';
import {
  chmod,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openConnections } from '../../../src/cli/connections.js';
import { SwarmupError } from '../../../src/lib/errors.js';
import { openStore } from '../../../src/machine/file-store.js';
import { copyDelta } from '../../../src/operations/files/copy-delta.js';
import { copyFiles, type CopyRequest } from '../../../src/operations/files/copy-files.js';
import { parseLocation } from '../../../src/operations/files/file-location.js';
import { machineRecord } from '../../machine/machine-record.js';
import { operationContext } from '../../support/operation-context.js';
import { type RealSshd, startRealSshd, whyNoSshd } from '../../support/real-sshd.js';
import type { UserContext } from '../../../src/operations/access/context.js';

const missingSshd = whyNoSshd();

/** Two hosts that are this machine: each copy really goes through OpenSSH. */
describe.skipIf(missingSshd !== undefined)(
  `copyFiles over OpenSSH${missingSshd === undefined ? '' : ` (${missingSshd})`}`,
  () => {
    let home: string;
    let work: string;
    let hosts: RealSshd[];
    let stop: AbortController;
    let context: UserContext & AsyncDisposable;
    const details: string[] = [];

    beforeAll(async () => {
      home = await mkdtemp(join(tmpdir(), 'copy-store-'));
      hosts = [await startRealSshd(), await startRealSshd()];
      const store = openStore(home);
      for (const [index, { target }] of hosts.entries()) {
        const { host, port, user, hostKey, privateKey } = target;
        const name = `h${index + 1}`;
        await store.add(machineRecord(name, { phase: 'ready', endpoint: { host, port, user, hostKey } }));
        await store.writeSecret(name, 'id_ed25519', privateKey);
      }
    }, 60_000);
    afterAll(async () => {
      for (const host of hosts) await host[Symbol.asyncDispose]();
      await rm(home, { recursive: true, force: true });
    });
    beforeEach(async () => {
      work = await mkdtemp(join(tmpdir(), 'copy-work-'));
      stop = new AbortController();
      details.length = 0;
      const connections = openConnections(openStore(home));
      context = {
        ...operationContext(work, []),
        store: openStore(home),
        connectAsUser: (record) => connections.asUser(record),
        report: (event) => {
          if (event.type === 'step-detail') details.push(event.message);
          onDetail();
        },
        signal: stop.signal,
        [Symbol.asyncDispose]: () => connections.close(),
      };
      onDetail = () => undefined;
      return async () => {
        await context[Symbol.asyncDispose]();
        await rm(work, { recursive: true, force: true });
      };
    });
    let onDetail: () => void = () => undefined;

    const request = (line: string): CopyRequest => {
      const words = line.split(' ').map((word) => word.replaceAll('@@', work));
      const places = words.filter((word) => !word.startsWith('-')).map((word) => parseLocation(word, 'linux'));
      const target = places.pop();
      if (target === undefined) throw new Error('no target');
      return { sources: places, target, recursive: words.includes('-r'), dryRun: words.includes('--dry-run') };
    };
    const scp = (line: string) => copyFiles(context, request(line));

    async function makeTree(): Promise<void> {
      await mkdir(join(work, 'tree/sub'), { recursive: true });
      await writeFile(join(work, 'tree/run.sh'), '#!/bin/sh\n');
      await chmod(join(work, 'tree/run.sh'), 0o751);
      await writeFile(join(work, 'tree/sub/empty'), '');
      await writeFile(join(work, "tree/sub/näme with ␣ and ' quote"), 'x'.repeat(100_000));
      await symlink('../run.sh', join(work, 'tree/sub/link'));
      await symlink('/nowhere', join(work, 'tree/dangling'));
      for (const path of ['tree/run.sh', 'tree/sub']) await utimes(join(work, path), 1_500_000_000, 1_400_000_000);
      await chmod(join(work, 'tree/sub'), 0o500);
    }
    async function expectTree(at: string): Promise<void> {
      const info = await stat(join(at, 'run.sh'));
      expect([(info.mode & 0o7777).toString(8), info.mtimeMs]).toEqual(['751', 1_400_000_000_000]);
      const sub = await stat(join(at, 'sub'));
      expect([(sub.mode & 0o7777).toString(8), sub.mtimeMs]).toEqual(['500', 1_400_000_000_000]);
      expect(await readlink(join(at, 'sub/link'))).toBe('../run.sh');
      expect(await readlink(join(at, 'dangling'))).toBe('/nowhere');
      expect((await readdir(join(at, 'sub'))).sort()).toEqual(['empty', 'link', "näme with ␣ and ' quote"]);
      expect(await readFile(join(at, "sub/näme with ␣ and ' quote"), 'utf8')).toBe('x'.repeat(100_000));
    }

    it('keeps modes, times and links on the way up, between hosts and down again', async () => {
      await makeTree();
      expect(await scp('-r @@/tree h1:@@/up')).toMatchObject({ files: 3, folders: 2, links: 2, bytes: 100_010 });
      await expectTree(join(work, 'up'));
      await scp('-r h1:@@/up h2:@@/across');
      await expectTree(join(work, 'across'));
      await mkdir(join(work, 'down'));
      await scp('-r root@h2:@@/across localhost:@@/down');
      await expectTree(join(work, 'down/across'));
    });

    it('carries a big file whole, and tells its progress', async () => {
      const bytes = Buffer.alloc(24 * 1024 * 1024, 'swarm up ').fill('end', 24 * 1024 * 1024 - 3);
      await writeFile(join(work, 'big'), bytes);
      await scp('h1:@@/big h2:@@/copy');
      expect((await readFile(join(work, 'copy'))).equals(bytes)).toBe(true);
      expect(details.at(-1)).toBe('100 % of 24.0 MiB, big');
      expect(details.length).toBeGreaterThan(20);
    });

    it.each([
      ['up', '@@/big h1:@@/copy'],
      ['down', 'h1:@@/big @@/copy'],
      ['between hosts', 'h1:@@/big h2:@@/copy'],
    ])('leaves nothing of a copy that was interrupted on its way %s', async (_, line) => {
      await writeFile(join(work, 'big'), Buffer.alloc(16 * 1024 * 1024));
      await writeFile(join(work, 'copy'), 'old');
      onDetail = () => {
        if (details.length === 3) stop.abort(new SwarmupError('INTERRUPTED', 'stopped by Ctrl-C'));
      };
      await expect(scp(line)).rejects.toMatchObject({ code: 'INTERRUPTED' });
      expect(await readFile(join(work, 'copy'), 'utf8')).toBe('old');
      expect((await readdir(work)).sort()).toEqual(['big', 'copy']);
    });

    it('goes into a folder, over a file, and through a link to a file', async () => {
      await mkdir(join(work, 'folder'));
      await writeFile(join(work, 'a'), 'A');
      await writeFile(join(work, 'b'), 'B');
      await scp('@@/a @@/b h1:@@/folder');
      await scp('@@/b h1:@@/folder/a');
      expect(await readFile(join(work, 'folder/a'), 'utf8')).toBe('B');
      await symlink('folder/b', join(work, 'link'));
      await scp('@@/a h1:@@/link');
      expect([
        (await lstat(join(work, 'link'))).isSymbolicLink(),
        await readFile(join(work, 'folder/b'), 'utf8'),
      ]).toEqual([true, 'A']);
    });

    it('expands patterns on a host, but takes an existing name as it is', async () => {
      await mkdir(join(work, 'to'));
      for (const name of ['a.log', 'b.log', '.c.log', 'd.txt', 'odd[1].txt']) await writeFile(join(work, name), name);
      await scp('h1:@@/[!b]*.log @@/to');
      expect(await readdir(join(work, 'to'))).toEqual(['a.log']);
      await scp('h1:@@/odd[1].txt h1:@@/b?log @@/to');
      expect((await readdir(join(work, 'to'))).sort()).toEqual(['a.log', 'b.log', 'odd[1].txt']);
      await expect(scp('h1:@@/*.nope @@/to')).rejects.toMatchObject({ code: 'FILE_FAILED' });
    });

    it('only looks in a dry run', async () => {
      await makeTree();
      expect(await scp('-r --dry-run @@/tree h1:@@/up')).toMatchObject({ files: 3, bytes: 100_010, dryRun: true });
      expect(await readdir(work)).toEqual(['tree']);
    });

    it.each([
      ['@@/folder h1:@@/x', 'COPY_REFUSED', 'add -r'],
      ['@@/nope h1:@@/x', 'FILE_FAILED', 'the file or folder does not exist'],
      ['h1:@@/nope @@/x', 'FILE_FAILED', '/nope on h1: the file or folder does not exist'],
      ['@@/a h1:@@/nope/x', 'FILE_FAILED', 'on h1: the file or folder does not exist'],
      ['@@/a h1:@@/x/', 'COPY_REFUSED', 'the folder does not exist'],
      ['@@/a @@/folder h1:@@/a', 'COPY_REFUSED', 'the path is not a folder'],
      ['-r h1:@@/folder h1:@@/folder/sub', 'COPY_REFUSED', 'into itself'],
      ['-r @@/folder h1:@@/a', 'COPY_REFUSED', 'the path is a file'],
      ['h1:@@/a h2:@@/b @@/x', 'COPY_REFUSED', 'different machines'],
      ['@@/a nope:x', 'HOST_UNKNOWN', 'nope'],
    ])('refuses %s', async (line, code, message) => {
      await mkdir(join(work, 'folder/sub'), { recursive: true });
      await writeFile(join(work, 'a'), 'A');
      await writeFile(join(work, 'b'), 'B');
      const failure: unknown = await scp(line).catch((error: unknown) => error);
      expect(failure).toMatchObject({ code });
      const { message: text, hints } = failure as SwarmupError;
      expect([text, ...hints].join(' ')).toContain(message);
      expect((await readdir(work)).sort()).toEqual(['a', 'b', 'folder']);
    });

    it('copies only what differs by rsync, with the pinned key', async (test) => {
      const there = await promisify(execFile)('rsync', ['--version']).catch(() => undefined);
      // script/test has installed it: there it must not be skipped.
      test.skip(there === undefined && process.env['CI'] === undefined, 'there is no rsync: apt-get install rsync');
      await makeTree();
      const { command } = await copyDelta(context, request('-r @@/tree/ h1:@@/up'));
      expect(command.join(' ')).not.toContain('StrictHostKeyChecking=no');
      await expectTree(join(work, 'up'));
      await copyDelta(context, request('-r root@h1:@@/up/ @@/down'));
      await expectTree(join(work, 'down'));
      await expect(copyDelta(context, request('h1:@@/a h2:@@/b'))).rejects.toMatchObject({ code: 'COPY_REFUSED' });
    });

    it('does not let rsync talk to a host with another key', async (test) => {
      const there = await promisify(execFile)('rsync', ['--version']).catch(() => undefined);
      // script/test has installed it: there it must not be skipped.
      test.skip(there === undefined && process.env['CI'] === undefined, 'there is no rsync: apt-get install rsync');
      await writeFile(join(work, 'a'), 'A');
      const { store } = context;
      const { endpoint } = await store.require('h1');
      const other = hosts[1]?.target.hostKey ?? '';
      await store.update('h1', (record) => ({ ...record, endpoint: endpoint && { ...endpoint, hostKey: other } }));
      try {
        const failure = copyDelta(context, request('@@/a h1:@@/b'));
        await expect(failure).rejects.toMatchObject({ code: 'RSYNC_FAILED' });
        await expect(failure).rejects.toThrow(/host key|REMOTE HOST IDENTIFICATION/i);
      } finally {
        await store.update('h1', (record) => ({ ...record, endpoint }));
      }
      expect(await readdir(work)).toEqual(['a']);
    });
  },
);
