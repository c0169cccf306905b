import { describe, expect, it, onTestFinished } from 'vitest';
import type { DriverSnapshots } from '../../../src/drivers/driver.js';
import { killHosts, restartHosts, startHosts, stopHosts } from '../../../src/operations/hosts/power.js';
import { restoreSnapshots } from '../../../src/operations/hosts/snapshots.js';
import type { HostsResult } from '../../../src/operations/access/results.js';
import { removeHosts } from '../../../src/operations/hosts/remove-hosts.js';
import { hurry } from '../../support/hurry.js';
import { type Lab, type LabProcess, openLab } from '../../support/lab.js';

const powerCalls = (lab: Lab): readonly string[] => lab.world.calls.filter((call) => /^(start|stop|kill)/.test(call));

describe('power', () => {
  it('stops and starts a host, which keeps its node', async () => {
    await using lab = await openLab();
    await lab.create('m a');
    const { nodeId } = lab.host('a').engine;
    const { context } = lab.process();
    expect(await stopHosts(context, ['a'])).toEqual({ hosts: [{ name: 'a', status: 'stopped' }] });
    expect(lab.host('a').ssh).toBeUndefined();
    expect(await startHosts(context, ['a'])).toEqual({ hosts: [{ name: 'a', status: 'started' }] });
    expect(lab.host('a').engine.nodeId).toBe(nodeId);
    expect((await lab.create('m a')).hosts.map(({ status }) => status)).toEqual(['unchanged', 'unchanged']);
    expect(powerCalls(lab)).toEqual(['stop a', 'start a']);
  });

  it('leaves alone what is as wanted', async () => {
    await using lab = await openLab();
    await lab.create('p', { swarm: null });
    const { context } = lab.process();
    expect(await startHosts(context, ['p'])).toEqual({ hosts: [{ name: 'p', status: 'unchanged' }] });
    await killHosts(context, ['p']);
    for (const stop of [stopHosts, killHosts])
      expect(await stop(context, ['p'])).toEqual({ hosts: [{ name: 'p', status: 'unchanged' }] });
    expect(powerCalls(lab)).toEqual(['kill p']);
  });

  it('kills, and restarts whatever it finds', async () => {
    await using lab = await openLab();
    await lab.create('p q', { swarm: null });
    const { context } = lab.process();
    expect(await killHosts(context, ['p'])).toEqual({ hosts: [{ name: 'p', status: 'killed' }] });
    expect((await restartHosts(context, ['p', 'q'])).hosts.map(({ status }) => status)).toEqual([
      'restarted',
      'restarted',
    ]);
    expect([...powerCalls(lab)].sort()).toEqual(['kill p', 'start p', 'start q', 'stop q']);
  });

  it('only tells what it would do, and what could not be done', async () => {
    await using lab = await openLab();
    await lab.create('m a b');
    const { context } = lab.process();
    await stopHosts(context, ['b']);
    const [before, calls] = [await lab.files(), [...powerCalls(lab)]];
    const dryRun = { dryRun: true };
    const told = [
      await startHosts(context, ['a', 'b'], dryRun),
      await stopHosts(context, ['a', 'b'], dryRun),
      await killHosts(context, ['a', 'b'], dryRun),
      await restartHosts(context, ['a', 'b'], dryRun),
    ];
    expect(told.map(({ hosts }) => hosts.map(({ status }) => status))).toEqual([
      ['unchanged', 'would-start'],
      ['would-stop', 'unchanged'],
      ['would-kill', 'unchanged'],
      ['would-restart', 'would-restart'],
    ]);
    lab.world.capabilities = { ...lab.world.capabilities, power: false };
    expect((await stopHosts(lab.process().context, ['a'], dryRun)).hosts).toMatchObject([
      { error: { code: 'NO_POWER' } },
    ]);
    expect(powerCalls(lab)).toEqual(calls);
    expect(await lab.files()).toEqual(before);
  });

  it('of a host that is gone says how to go on; the others are done', async () => {
    await using lab = await openLab();
    await lab.create('p q', { swarm: null });
    const { identity } = [...lab.world.hosts.values()].find((host) => host.identity.name === 'p') ?? {};
    lab.world.hosts.delete(identity?.id ?? '');
    const { hosts } = await stopHosts(lab.process().context, ['p', 'q']);
    expect(hosts).toMatchObject([
      {
        name: 'p',
        status: 'failed',
        error: {
          code: 'HOST_ABSENT',
          host: 'p',
          message: 'p is gone: there is no such fake host',
          hints: ['swarmup create --no-swarm p makes it again', 'swarmup rm --yes p forgets it'],
        },
      },
      { name: 'q', status: 'stopped' },
    ]);
  });

  it('of an unknown host is refused before anything is touched', async () => {
    await using lab = await openLab();
    await lab.create('p', { swarm: null });
    await expect(killHosts(lab.process().context, ['p', 'x'])).rejects.toMatchObject({
      code: 'HOST_UNKNOWN',
      exitCode: 2,
    });
    expect(powerCalls(lab)).toEqual([]);
  });

  it('is refused where the driver has none', async () => {
    await using lab = await openLab();
    lab.world.capabilities = { ...lab.world.capabilities, power: false };
    await lab.create('p', { swarm: null });
    const { hosts } = await stopHosts(lab.process().context, ['p']);
    expect(hosts).toMatchObject([
      { status: 'failed', error: { code: 'NO_POWER', message: 'the driver fake cannot stop p' } },
    ]);
  });

  it('waits for the engine of a host that was started, and says what it waited for', async () => {
    await using lab = await openLab();
    await lab.create('p', { swarm: null });
    await killHosts(lab.process().context, ['p']);
    lab.onBoot = () => ({ engineIsDown: true });
    const { hosts } = await hurry(60_000, 300, () => startHosts(lab.process().context, ['p']));
    expect(hosts[0]).toMatchObject({
      status: 'failed',
      error: { code: 'TIMEOUT', host: 'p', hints: ['swarmup ssh p -- journalctl -u docker -n 50'] },
    });
    expect(hosts[0]?.error?.message).toMatch(/^waited 60 s for the engine of p to answer; last: the engine of p/);
  });

  it('ends with the signal', async () => {
    await using lab = await openLab();
    await lab.create('p q', { swarm: null });
    const stopped = lab.process();
    stopped.onEvent = ({ type }) => {
      if (type === 'plan') stopped.interrupt();
    };
    const { hosts } = await stopHosts(stopped.context, ['p', 'q']);
    expect(hosts.map(({ error }) => error?.code)).toEqual(['INTERRUPTED', 'INTERRUPTED']);
    await expect(stopHosts(stopped.context, ['p'])).rejects.toMatchObject({ code: 'INTERRUPTED', exitCode: 130 });
    expect(powerCalls(lab)).toEqual([]);
  });
});

/** A promise, and what fulfils it. */
function latch(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}

describe('power beside another command', () => {
  /** Time jumps for those who wait for a lock, as soon as they say that they wait. */
  const jumpWhenWaiting = (process: LabProcess, ms: number): void => {
    const original = performance.now.bind(performance);
    let jumped = 0;
    process.onEvent = ({ type }) => {
      if (type === 'info') jumped = ms;
    };
    performance.now = () => original() + jumped;
    onTestFinished(() => void (performance.now = original));
  };

  it('waits for a create of the same swarm, and finds what that has made', async () => {
    await using lab = await openLab();
    await lab.create('m');
    const booting = latch();
    const mayBoot = latch();
    lab.onBoot = async () => {
      booting.open();
      await mayBoot.opened;
      return {};
    };
    const creating = lab.create('m a');
    await booting.opened;
    const stopper = lab.process();
    jumpWhenWaiting(stopper, 50_000);
    const stopping = stopHosts(stopper.context, ['a']);
    await expect.poll(() => stopper.events).toContainEqual(expect.objectContaining({ type: 'info' }));
    expect(powerCalls(lab)).toEqual([]);
    mayBoot.open();
    expect((await creating).hosts.map(({ status }) => status)).toEqual(['unchanged', 'created']);
    expect(await stopping).toEqual({ hosts: [{ name: 'a', status: 'stopped' }] });
  });

  it('says after an rm of the same host that it is gone', async () => {
    await using lab = await openLab();
    await lab.create('p q', { swarm: null });
    const remover = lab.process();
    const stopper = lab.process();
    const waiting = latch();
    stopper.onEvent = ({ type }) => {
      if (type === 'info') waiting.open();
    };
    let stopping: Promise<HostsResult> | undefined;
    const approve = async (): Promise<void> => {
      stopping = stopHosts(stopper.context, ['p']);
      stopping.catch(() => undefined);
      await waiting.opened;
      // A plain host has a lock of its own.
      expect(await stopHosts(lab.process().context, ['q'])).toMatchObject({ hosts: [{ status: 'stopped' }] });
    };
    await removeHosts(remover.context, { names: ['p'], force: false, approve });
    await expect(stopping).rejects.toMatchObject({ code: 'HOST_UNKNOWN' });
    expect(powerCalls(lab)).toEqual(['stop q']);
  });

  it.each([
    ['kill', killHosts, 11_000],
    ['stop', stopHosts, 61_000],
    ['start', startHosts, 601_000],
    ['restart', restartHosts, 601_000],
  ] as const)('gives up with its holder: %s', async (_, act, ms) => {
    await using lab = await openLab();
    await lab.create('m');
    const process = lab.process();
    jumpWhenWaiting(process, ms);
    await lab.store.withLock('swarm-default', {}, async () => {
      await expect(act(process.context, ['m'])).rejects.toMatchObject({ code: 'LOCKED', exitCode: 5 });
      expect(await act(process.context, ['m'], { dryRun: true })).toMatchObject({ hosts: [{ name: 'm' }] });
    });
    expect(powerCalls(lab)).toEqual([]);
  });
});

describe('power of managers', () => {
  it('is not taken when the quorum would be lost, before anything is touched', async () => {
    await using lab = await openLab();
    await lab.create('m1 m2 m3 a', { managers: 3 });
    const { context, events } = lab.process();
    await killHosts(context, ['m3']);
    const refused = [
      () => stopHosts(context, ['m1']),
      () => killHosts(context, ['a', 'm2']),
      () => restartHosts(context, ['m2']),
    ];
    for (const act of refused) await expect(act()).rejects.toMatchObject({ code: 'QUORUM_AT_RISK', exitCode: 3 });
    expect(powerCalls(lab)).toEqual(['kill m3']);
    expect(await stopHosts(context, ['m2'], { force: true })).toEqual({ hosts: [{ name: 'm2', status: 'stopped' }] });
    expect(events).toContainEqual(
      expect.objectContaining({
        type: 'warning',
        message: expect.stringMatching(/^m2 cannot stop: 1 of 3/) as unknown,
      }),
    );
  });

  it('is not taken by an old snapshot of one, but by those of all', async () => {
    await using lab = await openLab();
    await lab.create('m1 m2 a', { managers: 2 });
    const { context } = lab.process();
    const restored: string[] = [];
    const snapshots: DriverSnapshots = {
      list: async () => [],
      take: async () => undefined,
      restore: async (_, state) => void restored.push((state as { id: string }).id),
      remove: async () => undefined,
    };
    const driver = { ...(await context.drivers.get('fake')), snapshots };
    const drivers = { ...context.drivers, get: async () => driver };
    const restore = (hosts: readonly string[], force = false): Promise<HostsResult> =>
      restoreSnapshots({ ...context, drivers }, { name: 's', hosts, force });
    await expect(restore(['m2'])).rejects.toMatchObject({ code: 'QUORUM_AT_RISK', exitCode: 3 });
    expect(restored).toEqual([]);
    const statuses = async (result: Promise<HostsResult>): Promise<readonly string[]> =>
      (await result).hosts.map(({ status }) => status);
    expect(await statuses(restore(['a']))).toEqual(['restored']);
    expect(await statuses(restore(['m1', 'm2', 'a']))).toEqual(Array(3).fill('restored'));
    expect(await statuses(restore(['m2'], true))).toEqual(['restored']);
  });

  it('is taken from a whole swarm, and when nobody can be asked', async () => {
    await using lab = await openLab();
    await lab.create('m1 m2 a', { managers: 2 });
    const { context } = lab.process();
    const { hosts } = await stopHosts(context, ['m1', 'm2', 'a']);
    expect(hosts.map(({ status }) => status)).toEqual(['stopped', 'stopped', 'stopped']);
    await startHosts(context, ['m1']);
    expect(await stopHosts(context, ['m1'])).toEqual({ hosts: [{ name: 'm1', status: 'stopped' }] });
  });

  it('is cut and given back one manager after another, the leader last', async () => {
    await using lab = await openLab();
    await lab.create('m1 m2 m3', { managers: 3 });
    const { context } = lab.process();
    const { hosts } = await restartHosts(context, ['m1', 'm2', 'm3']);
    expect(hosts).toEqual(['m1', 'm2', 'm3'].map((name) => ({ name, status: 'restarted' })));
    expect(powerCalls(lab)).toEqual(['stop m2', 'start m2', 'stop m3', 'start m3', 'stop m1', 'start m1']);
  });
});
