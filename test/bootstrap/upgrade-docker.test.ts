import { describe, expect, it } from 'vitest';
import { lookForUpgrade } from '../../src/bootstrap/upgrade-docker.js';
import { ScriptedRunner, type ScriptedAnswer } from '../support/scripted-runner.js';
import { factsOf, factsText } from './facts-text.js';

const lists = 'search the package lists for Docker';
const patience = { retryDelaysMs: [0, 0], lockWaitMs: 60_000, lockPollMs: 0 };
const offering = (...offers: readonly string[]): ScriptedAnswer => ({
  when: lists,
  stdout: `swarmup-offers\n${offers.map((offer) => `${offer}|x Packages\n`).join('')}`,
});
const having = (...lines: readonly string[]): ScriptedAnswer => ({
  when: 'find the package that contains Docker',
  stdout: `swarmup-installed\n${lines.map((line) => `${line}\n`).join('')}`,
});
const applied: readonly ScriptedAnswer[] = [
  { when: 'mark the engine for a restart' },
  { when: 'install Docker' },
  { when: 'check whether the new engine runs' },
  { when: 'read facts', stdout: factsText() },
];

async function upgrade(os: string, answers: readonly ScriptedAnswer[], version?: string) {
  const runner = new ScriptedRunner('agent1', answers);
  const facts = factsOf({ os });
  const outcome: unknown = await lookForUpgrade(runner, facts, { version, patience })
    .then(async (found) => {
      if (found.from !== found.to) await found.apply(() => undefined);
      return found;
    })
    .catch((error: unknown) => error);
  expect(runner.unused).toEqual([]);
  const script = runner.calls.findLast(({ title }) => title === 'install Docker')?.stdin ?? '';
  const names = /^(?:add|apt_get install --no-install-recommends) (.*?)(?: 2>&1)?$/m.exec(script)?.[1];
  return { outcome, titles: runner.titles, packages: names?.replaceAll("'", '') };
}
const debian = 'ID=debian';

describe('an engine is upgraded by its package', () => {
  it.each([
    [
      'ID=fedora',
      ['moby-engine|25.0.1-1.fc41', 'docker-cli|25.0.1-1.fc41'],
      'moby-engine|24.0.7-1.fc41',
      'moby-engine-25.0.1-1.fc41 docker-cli-25.0.1-1.fc41',
    ],
    [
      'ID=rocky\nID_LIKE="rhel fedora"',
      ['docker-ce|3:27.3.1-1.el9', 'docker-ce|3:24.0.7-1.el9'],
      'docker-ce|3:24.0.7-1.el9',
      'docker-ce-3:27.3.1-1.el9 docker-ce-cli-3:27.3.1-1.el9 containerd.io',
    ],
    ['ID=opensuse-leap\nID_LIKE=suse', ['docker|24.0.7_ce-2'], 'docker|24.0.7_ce-1', 'docker=24.0.7_ce-2'],
    ['ID=arch', ['docker|1:27.3.1-1'], 'docker|1:26.0.0-1', 'docker'],
    ['ID=alpine', ['docker|26.1.5-r1'], 'docker|26.1.5-r0', 'docker=26.1.5-r1'],
    // docker-ce is offered, too, and stays what it is: another package
    [
      debian,
      ['docker-ce|5:27.3.1-1', 'docker.io|20.10.24+b3'],
      'docker.io|20.10.24+b2|20.10.24+b3',
      'docker.io=20.10.24+b3',
    ],
  ])('on %j', async (os, offers, installed, packages) => {
    const tried = await upgrade(os, [offering(...offers), having(installed), ...applied]);
    expect(tried.packages).toBe(`${packages} ca-certificates`);
    expect(tried.titles.slice(-4)).toEqual(applied.map(({ when }) => when));
  });

  it('to what the host prefers rather than to the newest that anybody offers', async () => {
    const offers = offering('docker.io|26.1.5~bpo12', 'docker.io|20.10.24+b3');
    const tried = await upgrade(debian, [offers, having('docker.io|20.10.24+b2|20.10.24+b3'), ...applied]);
    expect(tried.packages).toBe('docker.io=20.10.24+b3 ca-certificates');
    const asked = await upgrade(debian, [offers, having('docker.io|20.10.24+b2|20.10.24+b3'), ...applied], '26.1');
    expect(asked.packages).toBe('docker.io=26.1.5~bpo12 ca-certificates');
  });
});

describe('an engine is left alone', () => {
  it.each([
    ['when nothing newer is offered', 'docker.io|20.10.24|20.10.24', ['docker.io|20.10.24'], undefined],
    ['when what is offered is older', 'docker.io|26.1.5|20.10.24', ['docker.io|20.10.24'], undefined],
    [
      'when it has what was asked for, which nobody offers any more',
      'docker.io|26.1.5|',
      ['docker.io|20.10.24'],
      '26.1',
    ],
  ])('%s', async (_, installed, offers, version) => {
    const { outcome } = await upgrade(debian, [offering(...offers), having(installed)], version);
    const [, now] = installed.split('|');
    expect(outcome).toMatchObject({ from: now, to: now });
  });
});

describe('it is told why an engine is not upgraded', () => {
  it.each([
    ['the version is offered by nobody', ['docker.io|20.10.24'], 'docker.io|20.10.24|', '27', 'ENGINE_VERSION_UNKNOWN'],
    ['the version is older', ['docker.io|20.10.24'], 'docker.io|26.1.5|', '20.10', 'ENGINE_DOWNGRADE'],
    ['it is of no package', ['docker.io|20.10.24'], '', undefined, 'ENGINE_NOT_PACKAGED'],
  ])('%s', async (_, offers, installed, version, code) => {
    const { outcome, titles } = await upgrade(debian, [offering(...offers), having(installed)], version);
    expect(outcome).toMatchObject({ code, host: 'agent1' });
    expect(titles).toHaveLength(2);
  });

  it('it comes with the image', async () => {
    const { outcome } = await upgrade('ID=flatcar', []);
    expect(outcome).toMatchObject({ code: 'ENGINE_NOT_PACKAGED' });
  });
});
