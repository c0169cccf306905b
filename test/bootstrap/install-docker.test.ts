import { describe, expect, it } from 'vitest';
import { installDocker, type InstallDockerOptions } from '../../src/bootstrap/install-docker.js';
import { ScriptedRunner, type ScriptedAnswer } from '../support/scripted-runner.js';
import { bare, factsOf, factsText, type FactsTextOptions } from './facts-text.js';

const lists = 'search the package lists for Docker';
const install = 'install Docker';
const addRepository = "add Docker's own package repository";
const removeRepository = "remove Docker's own package repository";
const noPatience = { retryDelaysMs: [0, 0], lockWaitMs: 60_000, lockPollMs: 0 };

const madison = (...offers: readonly (readonly [string, string])[]): string =>
  offers
    .map(([name, version]) => ` ${name} | ${version} | http://mirror.example/debian bookworm/main amd64 Packages\n`)
    .join('');
const offer = (...offers: readonly (readonly [string, string])[]): ScriptedAnswer => ({
  when: lists,
  stdout: `Get:1 http://mirror.example bookworm InRelease\nswarmup-offers\n${madison(...offers)}`,
});
const debian = ['docker.io', '20.10.24+dfsg1-1+deb12u1+b2'] as const;
const ce = ['docker-ce', '5:24.0.7-1~debian.12~bookworm'] as const;
const ceOld = ['docker-ce', '5:23.0.6-1~debian.12~bookworm'] as const;
const installed: ScriptedAnswer = { when: 'read facts', stdout: factsText() };
const failing = (when: string, stdout: string): ScriptedAnswer => ({ when, stdout, exitCode: 100 });

async function tryInstall(
  answers: readonly ScriptedAnswer[],
  options: InstallDockerOptions = {},
  facts: FactsTextOptions = bare,
): Promise<{ runner: ScriptedRunner; details: string[]; outcome: unknown }> {
  const runner = new ScriptedRunner('agent1', answers);
  const details: string[] = [];
  const outcome: unknown = await installDocker(runner, factsOf(facts), {
    patience: noPatience,
    detail: (message) => details.push(message),
    ...options,
  }).catch((error: unknown) => error);
  expect(runner.unused).toEqual([]);
  return { runner, details, outcome };
}
const packagesIn = (runner: ScriptedRunner): string | undefined =>
  /apt_get install --no-install-recommends (.*)/
    .exec(runner.calls.find(({ title }) => title === install)?.stdin ?? '')?.[1]
    ?.replaceAll("'", '');

describe('a host with Docker', () => {
  it('is left alone', async () => {
    const { runner, outcome } = await tryInstall([], {}, {});
    expect(outcome).toMatchObject({ changed: false, facts: { engine: { version: '20.10.24+dfsg1' } } });
    expect(runner.calls).toEqual([]);
  });

  it('is left alone when its version is what was asked for', async () => {
    expect((await tryInstall([], { version: '20.10' }, {})).outcome).toMatchObject({ changed: false });
  });

  it('is refused when another version was asked for', async () => {
    expect((await tryInstall([], { version: '24.0' }, {})).outcome).toMatchObject({
      code: 'ENGINE_VERSION_MISMATCH',
      message: 'agent1 has Docker Engine 20.10.24, not 24.0',
    });
  });

  it('may run any system', async () => {
    expect((await tryInstall([], {}, { os: 'ID=plan9' })).outcome).toMatchObject({ changed: false });
  });
});

describe('a host without Docker', () => {
  it("gets the distribution's package, and its facts are read again", async () => {
    const { runner, details, outcome } = await tryInstall([
      offer(debian),
      {
        when: install,
        stdout: 'Get:1 x\nGet:2 y\nUnpacking docker.io (20.10) ...\nSetting up docker.io (20.10) ...\n',
      },
      installed,
    ]);
    expect(outcome).toMatchObject({ changed: true, facts: { engine: { version: '20.10.24+dfsg1' } } });
    expect(packagesIn(runner)).toBe('docker.io ca-certificates');
    expect(details).toEqual([
      'reading the package lists',
      'downloading packages',
      'installing docker.io 20.10.24+dfsg1-1+deb12u1+b2',
      'downloading packages',
      'unpacking docker.io',
      'setting up docker.io',
    ]);
  });

  it('gets the client where the release has split it off, and AppArmor where the kernel enforces it', async () => {
    const version = '26.1.5+dfsg1-9+b1';
    const { runner } = await tryInstall(
      [offer(['docker.io', version], ['docker-cli', version]), { when: install }, installed],
      { version: '26.1' },
      { ...bare, appArmor: 'Y' },
    );
    expect(packagesIn(runner)).toBe(`docker.io=${version} docker-cli=${version} ca-certificates apparmor`);
  });

  it("gets Docker's packages when they are what its sources offer in that version", async () => {
    const { runner } = await tryInstall([offer(debian, ce, ceOld), { when: install }, installed], { version: '23.0' });
    expect(packagesIn(runner)).toBe(`docker-ce=${ceOld[1]} docker-ce-cli=${ceOld[1]} containerd.io ca-certificates`);
  });

  it('is not touched when its system is unknown', async () => {
    const { runner, outcome } = await tryInstall([], {}, { ...bare, os: 'ID=plan9' });
    expect(outcome).toMatchObject({ code: 'OS_UNSUPPORTED' });
    expect(runner.calls).toEqual([]);
  });

  it('has to have an engine afterwards', async () => {
    const { outcome } = await tryInstall([
      offer(debian),
      { when: install },
      { when: 'read facts', stdout: factsText(bare) },
    ]);
    expect(outcome).toMatchObject({
      code: 'ENGINE_INSTALL_FAILED',
      message: expect.stringContaining('dockerd was not found') as string,
    });
  });
});

describe("a version that the host's sources do not have", () => {
  it("comes from Docker's own repository", async () => {
    const { runner, outcome } = await tryInstall(
      [
        offer(debian),
        { when: addRepository, stdout: `swarmup-offers\n${madison(ce, ceOld)}` },
        { when: install },
        installed,
      ],
      { version: '24' },
    );
    expect(outcome).toMatchObject({ changed: true });
    expect(packagesIn(runner)).toMatch(/^docker-ce=5:24\.0\.7-1~debian\.12~bookworm /);
    const script = runner.calls[1]?.stdin ?? '';
    expect(script).toContain('https://download.docker.com/linux/debian/gpg');
    expect(script).toMatch(/signed-by=\/etc\/apt\/keyrings\/swarmup-docker\.asc\] https:\S+ bookworm stable/);
  });

  it('is unknown when nobody has it: says what there is and takes the repository away again', async () => {
    const { outcome } = await tryInstall(
      [
        offer(debian),
        { when: addRepository, stdout: `swarmup-offers\n${madison(ce, ceOld)}` },
        { when: removeRepository },
      ],
      { version: '19.03' },
    );
    expect(outcome).toMatchObject({
      code: 'ENGINE_VERSION_UNKNOWN',
      message: 'no package source of agent1 (Debian GNU/Linux 12 (bookworm)) offers Docker Engine 19.03',
      hints: [
        `offered: 20.10.24 (docker.io ${debian[1]}), 24.0.7 (docker-ce ${ce[1]}), 23.0.6 (docker-ce ${ceOld[1]})`,
      ],
    });
  });

  it("says so when Docker's repository could not be asked", async () => {
    const { outcome } = await tryInstall(
      [
        offer(debian),
        failing(addRepository, 'E: https://x/gpg: curl: (6) Could not resolve host'),
        { when: removeRepository },
      ],
      { version: '24' },
    );
    expect(outcome).toMatchObject({
      code: 'ENGINE_VERSION_UNKNOWN',
      hints: [
        `offered: 20.10.24 (docker.io ${debian[1]})`,
        "Docker's own repository could not be checked: cannot add Docker's own package repository on agent1: https://x/gpg: curl: (6) Could not resolve host",
      ],
    });
  });

  it("leaves a repository of Docker's alone that the user configured", async () => {
    const { runner, outcome } = await tryInstall([offer(debian, ce)], { version: '19.03' });
    expect(outcome).toMatchObject({ code: 'ENGINE_VERSION_UNKNOWN' });
    expect(runner.titles).toEqual([lists]);
  });
});

describe('apt that fails', () => {
  const mirrorDown = 'E: Failed to fetch http://mirror.example/d.deb  Could not connect to mirror.example:80';

  it('is tried again after a failed download', async () => {
    const { details, outcome } = await tryInstall([
      offer(debian),
      failing(install, mirrorDown),
      { when: install },
      installed,
    ]);
    expect(outcome).toMatchObject({ changed: true });
    expect(details).toContain(`${mirrorDown.slice(3)}; trying again`);
  });

  it('keeps the last cause when the tries are used up', async () => {
    const { outcome } = await tryInstall([
      offer(debian),
      ...[1, 2, 3].map((n) => failing(install, `${mirrorDown} (${n})`)),
    ]);
    expect(outcome).toMatchObject({
      code: 'ENGINE_INSTALL_FAILED',
      message: `cannot install Docker on agent1: ${mirrorDown.slice(3)} (3)`,
    });
  });

  it('is not tried again for what stays wrong', async () => {
    const { outcome } = await tryInstall([
      offer(debian),
      failing(install, 'E: You do not have enough free space in /var/cache/apt'),
    ]);
    expect(outcome).toMatchObject({
      code: 'ENGINE_INSTALL_FAILED',
      message: 'cannot install Docker on agent1: You do not have enough free space in /var/cache/apt',
    });
  });

  it('gets new lists when the mirror no longer has what they say', async () => {
    const { runner, outcome } = await tryInstall([
      offer(debian),
      failing(install, 'E: Failed to fetch http://m/docker.io.deb  404  Not Found'),
      offer(debian),
      { when: install },
      installed,
    ]);
    expect(outcome).toMatchObject({ changed: true });
    const scripts = runner.calls.filter(({ title }) => title === lists).map(({ stdin }) => stdin);
    expect(scripts.map((text) => text.includes('-mmin'))).toEqual([true, false]);
  });

  it('repairs what an interrupted dpkg left', async () => {
    const { runner, outcome } = await tryInstall([
      offer(debian),
      failing(install, "E: dpkg was interrupted, you must manually run 'dpkg --configure -a' to correct the problem."),
      { when: 'finish an interrupted package installation' },
      { when: install },
      installed,
    ]);
    expect(outcome).toMatchObject({ changed: true });
    expect(runner.titles.slice(1, 4)).toEqual([install, 'finish an interrupted package installation', install]);
  });

  const lockedLine = 'Could not get lock /var/lib/apt/lists/lock. It is held by process 812 (apt-get)';

  it('waits for another package manager, however often, and says which', async () => {
    const { details, outcome } = await tryInstall([
      ...Array.from({ length: 5 }, () => failing(lists, `E: ${lockedLine}\nswarmup-offers\n`)),
      offer(debian),
      { when: install },
      installed,
    ]);
    expect(outcome).toMatchObject({ changed: true });
    expect(details.slice(0, 2)).toEqual([
      'reading the package lists',
      'waiting for process 812 (apt-get), which holds the package lock',
    ]);
  });

  it('gives up on a lock in the end, and says who holds it', async () => {
    const { outcome } = await tryInstall([failing(lists, `E: ${lockedLine}`)], {
      patience: { ...noPatience, lockWaitMs: 0 },
    });
    expect(outcome).toMatchObject({
      code: 'PACKAGES_LOCKED',
      retryable: true,
      message: 'cannot search the package lists for Docker on agent1: process 812 (apt-get) holds the package lock',
    });
  });

  it('does not blame a lock that it did get', async () => {
    const waited = `Waiting for cache lock: ${lockedLine}\nE: Sub-process /usr/bin/dpkg returned an error code (1)`;
    const { outcome } = await tryInstall([offer(debian), failing(install, waited)]);
    expect(outcome).toMatchObject({ code: 'ENGINE_INSTALL_FAILED' });
  });

  it('does not mind one broken source when Docker is offered by another', async () => {
    const broken = { ...offer(debian), exitCode: 100 };
    expect((await tryInstall([broken, { when: install }, installed])).outcome).toMatchObject({ changed: true });
  });

  it('says that no source has Docker when none does', async () => {
    const { outcome } = await tryInstall([
      offer(),
      { when: addRepository, stdout: 'swarmup-offers\n' },
      { when: removeRepository },
    ]);
    expect(outcome).toMatchObject({ code: 'ENGINE_PACKAGE_MISSING' });
  });
});

describe('cloud-init', () => {
  const running = { ...bare, cloudInit: 'running' };
  const wait = 'wait for cloud-init';

  it('is waited for, and may have installed Docker itself', async () => {
    const { runner, outcome } = await tryInstall([{ when: wait }, installed], {}, running);
    expect(outcome).toMatchObject({ changed: false, facts: { engine: { running: true } } });
    expect(runner.titles).toEqual([wait, 'read facts']);
  });

  it.each([
    [2, false],
    [1, true],
  ])('that ended with status %i is no reason to stop', async (exitCode, told) => {
    const { details, outcome } = await tryInstall([{ when: wait, exitCode }, installed], {}, running);
    expect(outcome).toMatchObject({ changed: false });
    expect(details.includes('cloud-init ended with an error; swarmup continues anyway')).toBe(told);
  });
});

it('an abort ends it between two tries', async () => {
  const abort = new AbortController();
  const runner = new ScriptedRunner('agent1', [failing(lists, 'E: Temporary failure resolving')]);
  const result = installDocker(runner, factsOf(bare), {
    signal: abort.signal,
    patience: { ...noPatience, retryDelaysMs: [60_000] },
    detail: (message) => {
      if (message.endsWith('trying again')) abort.abort(new Error('stopped by the user'));
    },
  });
  await expect(result).rejects.toThrow(/stopped by the user|aborted/);
});
