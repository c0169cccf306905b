import { describe, expect, it } from 'vitest';
import { openLab } from '../../support/lab.js';

const first = {
  'fake-colour': 'red',
  'fake-shade': 'dark',
  'fake-seats': '4',
  'fake-door': 'a',
  'fake-place': 'there',
};

describe('the options of the driver that a swarm was made with', () => {
  it('are those of later hosts, too, but those of one host alone', async () => {
    await using lab = await openLab();
    await lab.create('m', { driverOptions: first });
    const { events, create } = lab.process();
    const { inheritedOptions, warnings } = await create('a');
    expect((await lab.store.require('a')).options).toEqual({ colour: 'red', shade: 'dark', seats: 4, place: 'there' });
    const flags = ['--fake-colour red', '--fake-shade dark', '--fake-seats 4', '--fake-place there'];
    expect(inheritedOptions).toEqual(flags);
    expect(warnings).toEqual([]);
    const told = events.flatMap((event) => (event.type === 'info' ? [event.message] : []));
    expect(told).toContain(`options of the swarm: ${flags.join(' ')}`);
  });

  it('are shown by a dry run', async () => {
    await using lab = await openLab();
    await lab.create('m', { driverOptions: { 'fake-place': 'there' } });
    const { inheritedOptions } = await lab.create('a', { dryRun: true });
    expect(inheritedOptions).toEqual(['--fake-place there']);
  });

  it('are those of its oldest host, whatever came between', async () => {
    await using lab = await openLab();
    await lab.create('m', { driverOptions: { 'fake-seats': '4' } });
    const { warnings } = await lab.create('a', { driverOptions: { 'fake-seats': '2' } });
    expect(warnings).toEqual([
      '--fake-seats 2 is for a only: swarm default was made with --fake-seats 4, which later hosts get again',
    ]);
    await lab.create('b');
    expect((await lab.store.require('a')).options).toMatchObject({ seats: 2 });
    expect((await lab.store.require('b')).options).toMatchObject({ seats: 4 });
  });

  it('are not taken over where they make no sense with what is given', async () => {
    await using lab = await openLab();
    await lab.create('m', { driverOptions: first });
    await lab.create('a', { driverOptions: { 'fake-colour': 'green' } });
    expect((await lab.store.require('a')).options).toEqual({ colour: 'green', seats: 4, place: 'there' });
    await lab.create('b', { driverOptions: { 'fake-colour': 'red' } });
    expect((await lab.store.require('b')).options).toMatchObject({ colour: 'red', shade: 'dark' });
  });

  it('yield to the environment, with the same warning', async () => {
    await using lab = await openLab();
    await lab.create('m', { driverOptions: { 'fake-seats': '4' } });
    const { context, create } = lab.process();
    Object.assign(context.env, { SWARMUP_FAKE_SEATS: '2' });
    expect((await create('a')).warnings).toEqual([expect.stringMatching(/^--fake-seats 2 is for a only/)]);
    expect((await lab.store.require('a')).options).toMatchObject({ seats: 2 });
  });

  it('that hosts of a swarm must share are refused if they differ; nothing is made', async () => {
    await using lab = await openLab();
    await lab.create('m', { driverOptions: { 'fake-place': 'there' } });
    for (const dryRun of [true, false])
      await expect(lab.create('a b', { driverOptions: { 'fake-place': 'here' }, dryRun })).rejects.toMatchObject({
        code: 'OPTION_DIFFERS',
        exitCode: 3,
        message:
          'a, b cannot join swarm default with --fake-place here: its hosts have --fake-place there, ' +
          'and hosts in different places cannot meet',
      });
    expect(await lab.store.read('a')).toBeUndefined();
  });

  it('say nothing about hosts that are there, of another swarm, of plain hosts or of a lab', async () => {
    await using lab = await openLab();
    await lab.create('m', { driverOptions: first });
    expect(await lab.create('m', { driverOptions: { 'fake-seats': '2' } })).toMatchObject({ warnings: [] });
    await lab.create('n', { swarm: 'other' });
    await lab.create('p', { swarm: null });
    await lab.create('l', { lab: { name: 'default', pool: 'workers' }, managers: 0 });
    for (const name of ['n', 'p', 'l'])
      expect((await lab.store.require(name)).options).toEqual({ colour: 'green', place: 'here' });
  });
});

describe('the port of overlay traffic that a swarm was made with', () => {
  it('is told the driver of its first host and of later ones', async () => {
    await using lab = await openLab();
    const ports: (number | undefined)[] = [];
    const create = async (names: string, asked = {}): Promise<void> => {
      const made = lab.process();
      const driver = await made.context.drivers.get('fake');
      const original = driver.create.bind(driver);
      Object.assign(driver, {
        create: (...call: Parameters<typeof original>) => {
          ports.push(call[0].overlayPort);
          return original(...call);
        },
      });
      await made.create(names, asked);
    };
    await create('m', { dataPathPort: 7789 });
    await create('a');
    expect(ports).toEqual([7789, 7789]);
  });
});
