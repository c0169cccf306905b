import { spawnSync } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { distros, findDistro } from '../../../src/bootstrap/distros/distros.js';
import { apk, dnf, pacman, zypper } from '../../../src/bootstrap/distros/other-tools.js';
import { parseOffers, type PackageTool } from '../../../src/bootstrap/distros/package-tool.js';
import { installDocker } from '../../../src/bootstrap/install-docker.js';
import { scriptText } from '../../../src/bootstrap/remote-script.js';
import { localShells, runLocally } from '../../support/local-shell.js';
import { ScriptedRunner, type ScriptedAnswer } from '../../support/scripted-runner.js';
import { bare, factsOf, factsText } from '../facts-text.js';

const tools = { dnf, zypper, pacman, apk };
const lists = 'search the package lists for Docker';
const offering = (...offers: readonly string[]): ScriptedAnswer => ({
  when: lists,
  stdout: `swarmup-offers\n${offers.map((offer) => `${offer}|Packages\n`).join('')}`,
});
const installed: ScriptedAnswer = { when: 'read facts', stdout: factsText() };

async function install(os: string, answers: readonly ScriptedAnswer[], version?: string) {
  const runner = new ScriptedRunner('agent1', answers);
  const patience = { retryDelaysMs: [0, 0], lockWaitMs: 60_000, lockPollMs: 0 };
  const facts = factsOf({ ...bare, os });
  const outcome: unknown = await installDocker(runner, facts, { version, patience }).catch((error: unknown) => error);
  expect(runner.unused).toEqual([]);
  const script = runner.calls.findLast(({ title }) => title === 'install Docker')?.stdin ?? '';
  return { runner, outcome, packages: /^add (.*) 2>&1$/m.exec(script)?.[1]?.replaceAll("'", '') };
}
const withoutFailure: ScriptedAnswer = { when: 'install Docker' };

describe('Docker Engine is installed', () => {
  it.each([
    ['ID=fedora\nVERSION_ID=41', ['moby-engine|24.0.7-1.fc41', 'docker-cli|24.0.7-1.fc41'], 'moby-engine docker-cli'],
    ['ID=amzn\nID_LIKE=fedora', ['docker|25.0.6-1.amzn2023'], 'docker'],
    ['ID=opensuse-leap\nID_LIKE="suse opensuse"', ['docker|24.0.7_ce-150000.190.4'], 'docker'],
    ['ID=arch', ['docker|1:27.3.1-1'], 'docker'],
    ['ID=alpine', ['docker|26.1.5-r0'], 'docker'],
  ])('on %j', async (os, offers, packages) => {
    const tried = await install(os, [offering(...offers), withoutFailure, installed]);
    expect(tried.outcome).toMatchObject({ changed: true });
    expect(tried.packages).toBe(`${packages} ca-certificates`);
  });

  it("on RHEL's family from Docker's own repository", async () => {
    const offers = 'swarmup-offers\ndocker-ce|3:27.3.1-1.el9|Packages\ndocker-ce|3:24.0.7-1.el9|Packages\n';
    const adding = { when: "add Docker's own package repository", stdout: offers };
    const tried = await install(
      'ID=rocky\nID_LIKE="rhel centos fedora"',
      [offering(), adding, withoutFailure, installed],
      '24.0',
    );
    expect(tried.outcome).toMatchObject({ changed: true });
    expect(tried.packages).toBe('docker-ce-3:24.0.7-1.el9 docker-ce-cli-3:24.0.7-1.el9 containerd.io ca-certificates');
    expect(tried.runner.calls[1]?.stdin).toContain('https://download.docker.com/linux/centos/docker-ce.repo');
  });

  it('again after stale lists were read anew, and when the lock is free', async () => {
    const locked = {
      when: 'install Docker',
      exitCode: 7,
      stdout: 'System management is locked by the application with pid 812 (zypper).',
    };
    const stale = { when: 'install Docker', exitCode: 4, stdout: "File './docker.rpm' not found on medium" };
    const offer = offering('docker|24.0.7_ce-1');
    const tried = await install('ID=sles', [offer, locked, stale, offer, withoutFailure, installed]);
    expect(tried.outcome).toMatchObject({ changed: true });
  });

  it('or it is told why not', async () => {
    const failing = {
      when: 'install Docker',
      exitCode: 1,
      stdout: 'ERROR: unable to select packages: docker (no such package)',
    };
    const { outcome } = await install('ID=alpine', [offering('docker|26.1.5-r0'), failing]);
    expect(outcome).toMatchObject({
      code: 'ENGINE_INSTALL_FAILED',
      message: 'cannot install Docker on agent1: ERROR: unable to select packages: docker (no such package)',
    });
    expect((await install('ID=alpine', [offering()])).outcome).toMatchObject({
      code: 'ENGINE_PACKAGE_MISSING',
      hints: expect.arrayContaining([expect.stringContaining('community')]) as string[],
    });
  });

  it('is part of an image-based system, or it is missing', async () => {
    expect((await install('ID=flatcar\nID_LIKE=coreos', [])).outcome).toMatchObject({ code: 'ENGINE_PACKAGE_MISSING' });
  });
});

/** What the tools print, as their manuals show it. */
const stubs: Readonly<Record<keyof typeof tools, readonly [command: string, output: string]>> = {
  dnf: ['dnf', 'docker-ce|3:9.0.1-1\n\ndocker-ce|3:24.0.7-1\n'],
  zypper: [
    'zypper',
    'S | Name   | Type    | Version  | Arch   | Repository\n--+--------+---\n  | docker-ce | package | 3:9.0.1-1 | x86_64 | Main\n  | docker-ce | package | 3:24.0.7-1 | x86_64 | Main\n',
  ],
  pacman: ['pacman', 'Repository      : extra\nName            : docker-ce\nVersion         : 3:24.0.7-1\n'],
  apk: ['apk', 'docker-ce-24.0.7-r0\n'],
};

describe.each(localShells.map((shell) => ({ shell })))('the scripts, by $shell,', ({ shell }) => {
  const [file = 'sh', ...args] = shell;
  it.each(Object.entries(tools))('of %s are correct', async (name, tool: PackageTool) => {
    const scripts = [
      tool.offers(['docker'], 'when-old', 'Docker'),
      tool.offers(['docker'], 'always', 'Docker'),
      tool.install(['docker'], 'Docker'),
      tool.removeDockerRepository,
      ...distros.flatMap((distro) => tool.addDockerRepository(distro, factsOf()) ?? []),
    ];
    for (const script of scripts) {
      const { status, stderr } = spawnSync(file, [...args, '-n'], { input: scriptText(script), encoding: 'utf8' });
      expect([status, stderr]).toEqual([0, '']);
    }
    const [command, output] = stubs[name as keyof typeof tools];
    const folder = await mkdtemp(join(tmpdir(), 'swarmup-tool-'));
    try {
      await writeFile(join(folder, 'output'), output);
      await writeFile(join(folder, command), `#!/bin/sh\necho "$*" >>${folder}/log\ncat ${folder}/output\n`);
      await chmod(join(folder, command), 0o755);
      const path = { PATH: `${folder}:${process.env['PATH'] ?? ''}` };
      const { stdout } = runLocally(shell, scriptText(tool.offers(['docker-ce'], 'when-old', 'Docker')), path);
      const newest = parseOffers(stdout).filter(({ version }) => version.includes('24.0.7'));
      expect(newest).toMatchObject([{ package: 'docker-ce' }]);
      expect(await readFile(join(folder, 'log'), 'utf8')).not.toMatch(/makecache|refresh$|-Sy|update/m);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

it('every system in the table has a way to Docker', () => {
  expect(distros.map(({ id }) => findDistro('x', { os: factsOf({ os: `ID=${id}` }).os }).id)).toEqual(
    distros.map(({ id }) => id),
  );
});
