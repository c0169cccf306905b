import { describe, expect, it } from 'vitest';
import type { Problem } from '../../../src/drivers/driver.js';
import { startHosts, stopHosts } from '../../../src/operations/hosts/power.js';
import { openLab } from '../../support/lab.js';

const low: Problem = {
  severity: 'error',
  code: 'INOTIFY_LOW',
  message: 'too few',
  hints: ['sudo sysctl x=2'],
  fix: { does: 'raise x from 1 to 2', to: 2 },
};
const short: Problem = { severity: 'error', code: 'MEMORY_SHORT', message: 'too little', hints: ['make fewer hosts'] };

describe('the check of a driver before anything is made', () => {
  it('ends the command, and names --fix where the user can agree to it', async () => {
    await using lab = await openLab();
    lab.world.problems = [low];
    const refused = { code: 'INOTIFY_LOW', exitCode: 3, message: 'too few' };
    await expect(lab.create('m')).rejects.toMatchObject({ ...refused, hints: ['sudo sysctl x=2'] });
    await expect(lab.create('m', { fix: false })).rejects.toMatchObject({
      ...refused,
      hints: ['sudo sysctl x=2', 'add --fix to raise x from 1 to 2'],
    });
    expect(await lab.files()).toEqual(new Map());
    expect(lab.world.calls).not.toContain('fix INOTIFY_LOW');
  });

  it('raises what is too low if the user agrees, before a record is written; a dry run only says so', async () => {
    await using lab = await openLab();
    lab.world.problems = [low, { ...low, severity: 'warning', code: 'OTHER_LOW' }];
    const process = lab.process();
    const planned = await process.create('m', { fix: true, dryRun: true });
    expect(planned).toMatchObject({ fixes: ['raise x from 1 to 2', 'raise x from 1 to 2'], warnings: [] });
    expect(process.events).toContainEqual(expect.objectContaining({ message: 'would raise x from 1 to 2' }));
    expect(lab.world.calls.filter((call) => call.startsWith('fix'))).toEqual([]);
    const made = await lab.create('m', { fix: true });
    expect(made.hosts.map(({ status }) => status)).toEqual(['created']);
    expect(made.fixes).toEqual(planned.fixes);
    expect(lab.world.calls.filter((call) => /^(fix|create)/.test(call))).toEqual([
      'fix INOTIFY_LOW',
      'fix OTHER_LOW',
      'create m',
    ]);
    expect(await lab.create('m a', { fix: true })).not.toHaveProperty('fixes');
  });

  it('raises nothing if something else is in the way', async () => {
    await using lab = await openLab();
    lab.world.problems = [low, short];
    await expect(lab.create('m', { fix: true })).rejects.toMatchObject({
      code: 'MEMORY_SHORT',
      hints: ['make fewer hosts'],
    });
    expect(lab.world.calls).not.toContain('fix INOTIFY_LOW');
    expect(await lab.files()).toEqual(new Map());
  });

  it('warns of what is too low for hosts that are off, in create and in start', async () => {
    await using lab = await openLab();
    await lab.create('m');
    lab.world.problems = [low];
    const warning = 'too few; sudo sysctl x=2';
    const start = async (): Promise<readonly unknown[]> => {
      await using made = lab.process();
      await startHosts(made.context, ['m']);
      return made.events.filter(({ type }) => type === 'warning');
    };
    expect(await start()).toEqual([]);
    expect((await lab.create('m')).warnings).not.toContain(warning);
    await stopHosts(lab.process().context, ['m'], { force: true });
    expect(await start()).toMatchObject([{ message: warning }]);
    await stopHosts(lab.process().context, ['m'], { force: true });
    expect((await lab.create('m')).warnings).toContain(warning);
  });
});
