import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HostIdentity } from '../../../src/drivers/driver.js';
import { testIdentities } from '../../support/driver-context.js';
import { hasQemuImg, type InstalledVBoxManage } from '../../support/vboxmanage/install.js';
import { type DoubleBench, openDoubleBench } from './double-bench.js';

const { identity } = testIdentities();

/** What VirtualBox does with a machine goes on when whoever asked for it is gone. */
describe.skipIf(!hasQemuImg)('a machine that is passing from one state to another', { timeout: 120_000 }, () => {
  let bench: DoubleBench;
  let host: HostIdentity;
  beforeEach(async () => {
    bench = await openDoubleBench();
    host = identity('m1');
    await bench.create(host);
  }, 60_000);
  afterEach(() => bench[Symbol.asyncDispose]());

  const stop = (force: boolean): Promise<void> => bench.driver.stop(bench.context(), bench.state(host), { force });

  /** As after a `kill -9` of swarmup: VirtualBox is at it, and will be for a moment. */
  async function leaveAlone(
    during: Parameters<InstalledVBoxManage['hold']>[0] & string,
    ...args: readonly string[]
  ): Promise<void> {
    await bench.tool.hold(during);
    void bench.vbox(...args).catch(() => undefined);
    await bench.tool.held(host.id, during);
    setTimeout(() => void bench.tool.hold(), 1000);
  }

  it.each(['spawning', 'starting'] as const)('%s is stopped, killed, started and removed', async (during) => {
    const begin = async (): Promise<void> => {
      await stop(true);
      await leaveAlone(during, 'startvm', host.id, '--type', 'headless');
    };
    for (const force of [true, false]) {
      await begin();
      await stop(force);
      expect(await bench.inspect(host)).toBe('stopped');
    }
    await begin();
    await bench.start(host);
    expect(await bench.inspect(host)).toBe('running');
    await begin();
    await bench.remove(host);
    expect(await bench.leftovers()).toEqual([]);
  });

  it.each([
    ['stopping', ['controlvm', 'poweroff']],
    ['saving', ['controlvm', 'savestate']],
  ] as const)('%s is started, and removed', async (during, [command, order]) => {
    await leaveAlone(during, command, host.id, order);
    await bench.start(host);
    expect(await bench.inspect(host)).toBe('running');
    await leaveAlone(during, command, host.id, order);
    await bench.remove(host);
    expect(await bench.leftovers()).toEqual([]);
  });

  it('restoring is stopped', async () => {
    await bench.vbox('controlvm', host.id, 'savestate');
    await leaveAlone('restoring', 'startvm', host.id, '--type', 'headless');
    await stop(false);
    expect(await bench.inspect(host)).toBe('stopped');
  });
});
