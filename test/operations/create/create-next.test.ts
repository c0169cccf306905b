import { describe, expect, it } from 'vitest';
import { openLab } from '../../support/lab.js';

/** The next commands are for a manager that is there, and for the last host that is. */
describe('what create says comes next', () => {
  it('asks the first manager and logs in to the last host', async () => {
    await using lab = await openLab();
    const { next } = await lab.create('m1 m2 w1 w2', { managers: 2 });
    expect(next).toEqual(['swarmup ssh m1 -- docker node ls', 'swarmup ssh w2']);
  });

  it('asks a manager, also where a worker stands first', async () => {
    await using lab = await openLab();
    await lab.create('m1');
    const { next } = await lab.create('a m1');
    expect(next).toEqual(['swarmup ssh m1 -- docker node ls', 'swarmup ssh m1']);
  });

  it('names no host that failed', async () => {
    await using lab = await openLab();
    await lab.create('m1');
    lab.onBoot = (name) =>
      name === 'm2' || name === 'b'
        ? { faults: [{ call: 'POST /swarm/join', answer: { status: 500, message: 'there is no fuel' } }] }
        : {};
    const { hosts, next } = await lab.create('m2 m3 a b', { managers: 2 });
    expect(hosts.map(({ name, status }) => `${name} ${status}`)).toEqual([
      'm2 failed',
      'm3 created',
      'a created',
      'b failed',
    ]);
    expect(next).toEqual([
      expect.stringMatching(/^swarmup create m2 m3 a b /),
      'swarmup ssh m3 -- docker node ls',
      'swarmup ssh a',
    ]);
  });

  it('asks no node of a plain Docker host', async () => {
    await using lab = await openLab();
    const { next } = await lab.create('p q', { swarm: null });
    expect(next).toEqual(['swarmup ssh p -- docker ps', 'swarmup ssh q']);
  });
});
