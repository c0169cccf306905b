import { execa } from 'execa';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { kill } from 'node:process';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { pluginValues } from '../../../src/drivers/docker-machine/declaration.js';
import { type DriverPlugin, withPlugin } from '../../../src/drivers/docker-machine/plugin.js';
import { startPlugin } from '../../../src/drivers/docker-machine/plugin-process.js';
import { codeOf } from '../../../src/lib/errors.js';
import { buildHandedPlugin, hasGo } from '../../support/docker-machine-plugins.js';
import { allEnded, isRunning } from '../../support/local-process-state.js';

let folder: string;
let binary: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'plugin-test-'));
  if (hasGo) binary = join(await buildHandedPlugin(), 'docker-machine-driver-handed');
}, 180_000);
afterAll(() => rm(folder, { recursive: true }));

interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  readonly lines?: string[];
  readonly onlyLooks?: boolean;
}

function run<T>(
  use: (plugin: DriverPlugin) => Promise<T>,
  { env = {}, signal, lines = [], onlyLooks = false }: RunOptions = {},
) {
  const options = {
    binary,
    driver: 'handed',
    env: { ...process.env, ...env },
    signal: signal ?? new AbortController().signal,
    onLine: (line: string) => lines.push(line),
    onlyLooks,
  };
  return withPlugin(options, use);
}

async function configured(plugin: DriverPlugin, more: Readonly<Record<string, string | number>> = {}): Promise<void> {
  const store = join(folder, 'store');
  await plugin.setConfig(JSON.stringify({ MachineName: 'm1', StorePath: store }));
  await plugin.setFlags(pluginValues('handed', await plugin.flags(), { 'handed-token': 'secret', ...more }));
}

/** The plugins that run now, of this test's own children. */
async function children(): Promise<readonly number[]> {
  const { stdout } = await execa('pgrep', ['-P', String(process.pid), '-f', binary], { reject: false });
  return stdout.split('\n').filter(Boolean).map(Number);
}

describe.skipIf(!hasGo)('a plugin in Go', () => {
  it('is ended when it was used, and when its use failed', async () => {
    await run(async () => {
      expect(await children()).toHaveLength(1);
    });
    await expect(run(() => Promise.reject(new Error('no use')))).rejects.toThrow('no use');
    expect(await children()).toEqual([]);
  });

  it('lives longer than its 10 s when a call takes that long', async () => {
    const lines: string[] = [];
    const key = join(folder, 'key');
    await writeFile(key, 'a key');
    await execa('mkdir', ['-p', join(folder, 'store', 'machines', 'm1')]);
    await run(
      async (plugin) => {
        await configured(plugin, { 'handed-slow': 12, 'handed-ssh-key': key, 'handed-ip': '192.0.2.1' });
        await plugin.act('Create', 60_000);
      },
      { lines },
    );
    expect(lines).toContain('(m1) Handing out 192.0.2.1');
  }, 60_000);

  it('ends by itself when nobody is there any more who needs it', async () => {
    // As after `kill -9`: nothing sends heartbeats and nothing reaps.
    const env = { ...process.env };
    const signal = new AbortController().signal;
    const started = await startPlugin({ binary, driver: 'handed', env, signal, onLine: () => undefined });
    const [pid = 0] = await children();
    expect(pid).toBeGreaterThan(0);
    await vi.waitFor(
      () => {
        expect(() => kill(pid, 0)).toThrow('ESRCH');
      },
      { timeout: 30_000, interval: 200 },
    );
    expect((await started.failure())?.message).toContain('it ended with exit code 1');
  }, 60_000);

  it('is ended at once by an abort, and can still tell what it has made', async () => {
    const stop = new AbortController();
    const key = join(folder, 'key');
    await writeFile(key, 'a key');
    let config = '';
    const lines: string[] = [];
    const running = run(
      async (plugin) => {
        await configured(plugin, { 'handed-slow': 60, 'handed-ssh-key': key });
        try {
          await plugin.act('Create', 120_000);
        } finally {
          config = await plugin.config();
        }
      },
      { signal: stop.signal, lines },
    );
    await vi.waitFor(() => {
      expect(lines).toContain('(m1) Waiting 60 s for the host');
    });
    stop.abort(new Error('Ctrl-C'));
    await expect(running).rejects.toThrow('Ctrl-C');
    expect(JSON.parse(config)).toMatchObject({ Created: true });
    expect(await children()).toEqual([]);
  });

  it('that only looks is killed by an abort, with what it started', async () => {
    const stop = new AbortController();
    const lines: string[] = [];
    const hanging = run(
      async (plugin) => {
        await configured(plugin, { 'handed-fail': 'GetState hangs' });
        await plugin.state();
      },
      { signal: stop.signal, lines, onlyLooks: true },
    );
    await vi.waitFor(() => {
      expect(lines.join()).toMatch(/Waiting for \d+/);
    });
    const pids = [...(await children()), Number(/\d+$/.exec(lines.at(-1) ?? '')?.[0])];
    expect(pids.filter(isRunning)).toEqual(pids);
    stop.abort(new Error('too late'));
    await expect(hanging).rejects.toThrow('too late');
    await allEnded(pids);
  });

  it('is not started when it is too late already', async () => {
    await expect(run(() => Promise.resolve(), { signal: AbortSignal.abort(new Error('late')) })).rejects.toThrow(
      'late',
    );
    expect(await children()).toEqual([]);
  });

  it('that panics says so, in the words of Go, and is no more', async () => {
    const failing = run(async (plugin) => {
      await configured(plugin, { 'handed-fail': 'GetState dies' });
      await plugin.state();
    });
    await expect(failing).rejects.toMatchObject({ code: 'PLUGIN_BROKEN' });
    await expect(failing).rejects.toThrow(/exit code 2; it said: .*goroutine/s);
  });

  it('that ends at its start says why', async () => {
    const failing = run(() => Promise.resolve(), { env: { HANDED_DIES: 'at start' } });
    await expect(failing).rejects.toThrow('it ended with exit code 2; it said: panic: no such luck');
  });
});

describe('a program that is no plugin', () => {
  const script = async (text: string, mode = 0o755): Promise<string> => {
    const path = join(folder, 'docker-machine-driver-other');
    await writeFile(path, text);
    await chmod(path, mode);
    return path;
  };
  const start = async (path: string): Promise<string | undefined> => {
    const signal = new AbortController().signal;
    const options = { binary: path, driver: 'other', env: process.env, signal, onLine: () => undefined };
    try {
      await withPlugin(options, () => Promise.resolve());
      return undefined;
    } catch (error) {
      return `${String(codeOf(error))}: ${(error as Error).message}`;
    }
  };

  it.each([
    ['says something else', '#!/bin/sh\necho hello\nexec sleep 60', 'PLUGIN_BROKEN', 'it reports "hello" instead'],
    ['says nothing', '#!/bin/sh\nexit 3', 'PLUGIN_BROKEN', 'it ended with exit code 3'],
    ['listens nowhere', '#!/bin/sh\necho 127.0.0.1:1\nexec sleep 60', 'PLUGIN_LOST', 'ECONNREFUSED'],
  ])('%s', async (_, text, code, message) => {
    const failure = await start(await script(text));
    expect(failure).toContain(code);
    expect(failure).toContain(message);
  });

  it('may not be executed', async () => {
    expect(await start(await script('#!/bin/sh', 0o644))).toContain('the file is not executable');
  });
});
