import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findTool } from '../../../src/drivers/virtualbox/tool/find-tool.js';
import { openTool, type VBoxManage } from '../../../src/drivers/virtualbox/tool/vboxmanage.js';
import { toolPaths } from '../../../src/drivers/virtualbox/tool/wsl-paths.js';
import type { ProcessOptions, RunProcess } from '../../../src/lib/local-process.js';
import { transcript } from './transcripts.js';

const computer = { platform: 'linux', arch: 'x64', uid: 1000 } as const;
const vm = '11111111-1111-4111-8111-111111111111';
let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'swarmup-vbox-'));
  for (const name of ['VBoxManage', 'VBoxManage.exe']) {
    await writeFile(join(folder, name), '');
    await chmod(join(folder, name), 0o755);
  }
});
afterAll(() => rm(folder, { recursive: true }));

/** The tool, which answers with these transcripts, one a call, and what was asked of it. */
async function tool(...answers: readonly string[]): Promise<{ tool: VBoxManage; calls: Call[] }> {
  const { calls, context } = replay(...answers);
  return { tool: await openTool(context, computer), calls };
}

function replay(...answers: readonly string[]) {
  const calls: Call[] = [];
  const run: RunProcess = async (file, args, options) => {
    const answer = answers[calls.length];
    calls.push({ file, args, options });
    if (answer === undefined) throw new Error(`one call too many: ${args.join(' ')}`);
    return transcript(answer);
  };
  const context = { run, env: { PATH: folder, HOME: '/home/me' }, signal: new AbortController().signal };
  return { calls, context };
}

interface Call {
  readonly file: string;
  readonly args: readonly string[];
  readonly options: ProcessOptions;
}

describe('a call of VBoxManage', () => {
  it.each([
    ['linux', 'C.UTF-8'],
    ['darwin', 'en_US.UTF-8'],
  ] as const)('on %s has the locale %s, which knows all letters', async (platform, locale) => {
    const { calls, context } = replay('version');
    const vbox = await openTool(context, { ...computer, platform });
    await vbox.run(['--version']);
    expect(calls[0]?.options.env).toMatchObject({ LANG: locale, LC_ALL: locale });
  });

  it('runs in English with a deadline, and is told without the warning of the wrapper', async () => {
    const { tool: vbox, calls } = await tool('version-wrapper-no-vboxdrv');
    const { stdout, warning } = await vbox.run(['--version']);
    expect(stdout.trim()).toBe('7.2.22_Debianr175245');
    expect(warning).toMatch(/vboxdrv/);
    expect(calls).toMatchObject([
      {
        file: join(folder, 'VBoxManage'),
        args: ['--version'],
        options: { timeoutMs: 60_000, env: { LANG: 'C.UTF-8', LC_ALL: 'C.UTF-8', HOME: '/home/me' }, detached: true },
      },
    ]);
  });

  it('is tried again when two clients met', async () => {
    const { tool: vbox, calls } = await tool(
      'svc-race-failed-to-create-virtualbox-object',
      'race-modifyvm-already-locked',
      'list-vms-two',
    );
    expect(await vbox.list('vms')).toContain('"m1"');
    expect(calls).toHaveLength(3);
  });

  it('that lists machines is good whatever stands on stderr of one of them', async () => {
    const { tool: vbox, calls } = await tool('x01-list-long-vms-inaccessible');
    expect(await vbox.list('--long', 'vms')).toContain('<inaccessible!>');
    expect(calls).toHaveLength(1);
  });

  it('that lists machines and ends in the middle is none', async () => {
    const cut = 'x02-list-long-vms-cut-at-umlaut-lang-c';
    const { tool: vbox, calls } = await tool(...Array<string>(6).fill(cut));
    await expect(vbox.list('--long', 'vms')).rejects.toMatchObject({
      code: 'VBOX_ANSWER_CUT',
      message: 'VBoxManage list --long vms: the output is incomplete',
    });
    expect(calls).toHaveLength(6);
  });

  it('is not tried again when it would fail in the same way', async () => {
    const { tool: vbox, calls } = await tool('h04-hostonlyif-ipconfig-forbidden-range');
    await expect(vbox.run(['hostonlyif', 'ipconfig'])).rejects.toMatchObject({ code: 'HOSTONLY_FORBIDDEN' });
    expect(calls).toHaveLength(1);
  });

  it('is given up after six tries', async () => {
    const { tool: vbox, calls } = await tool(...Array<string>(6).fill('svc-race-failed-to-create-virtualbox-object'));
    await expect(vbox.list('vms')).rejects.toMatchObject({ code: 'VBOXSVC_GONE', retryable: true });
    expect(calls).toHaveLength(6);
  });

  it('showvminfo with half an answer is no success, whatever its exit status', async () => {
    const { tool: vbox, calls } = await tool('race-showvminfo-rc0-object-not-ready', 'r03-showvminfo-mr-running');
    expect((await vbox.show(vm)).state).toBe('running');
    expect(calls).toHaveLength(2);
  });
});

describe('VBoxManage', () => {
  it.each([
    ['on PATH', { PATH: '/nowhere:@' }, 'linux', 'VBoxManage'],
    ['where VBOX_INSTALL_PATH says', { PATH: '/nowhere', VBOX_INSTALL_PATH: '@' }, 'linux', 'VBoxManage'],
    ['where the installer of Windows says', { PATH: '', VBOX_MSI_INSTALL_PATH: '/nowhere;@' }, 'linux', 'VBoxManage'],
  ] as const)('is found %s', async (_, env, platform, program) => {
    const real = Object.fromEntries(Object.entries(env).map(([key, value]) => [key, value.replace('@', folder)]));
    expect(await findTool(real, { platform })).toBe(join(folder, program));
  });

  it('is found in WSL as a program of Windows, whose paths are others', async () => {
    await rm(join(folder, 'VBoxManage'));
    const env = { PATH: folder, WSL_DISTRO_NAME: 'Debian' };
    const path = await findTool(env, { platform: 'linux' });
    expect(path).toBe(join(folder, 'VBoxManage.exe'));
    const { toTool, fromTool } = toolPaths(path, env);
    for (const [here, there] of [
      ['/mnt/c/Users/me/x.vdi', 'C:\\Users\\me\\x.vdi'],
      ['/home/me/x.vdi', '\\\\wsl.localhost\\Debian\\home\\me\\x.vdi'],
    ] as const) {
      expect(toTool(here)).toBe(there);
      expect(fromTool(there)).toBe(here);
    }
    expect(toolPaths('/usr/bin/VBoxManage', env).toTool('/home/me')).toBe('/home/me');
  });

  it('that is nowhere is a preflight error with a remedy', async () => {
    await expect(findTool({ PATH: '/nowhere' }, { platform: 'win32' })).rejects.toMatchObject({
      code: 'VIRTUALBOX_MISSING',
      exitCode: 3,
      hints: [expect.stringMatching(/virtualbox\.org/), expect.stringMatching(/VBOX_INSTALL_PATH/)],
    });
  });
});
