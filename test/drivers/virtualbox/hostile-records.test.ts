import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { testIdentities } from '../../support/driver-context.js';
import { hasQemuImg } from '../../support/vboxmanage/install.js';
import { type DoubleBench, openDoubleBench } from './double-bench.js';

const { identity } = testIdentities();

describe.skipIf(!hasQemuImg)('removal with a record that names things of others', { timeout: 120_000 }, () => {
  let bench: DoubleBench;
  beforeEach(async () => {
    bench = await openDoubleBench();
  });
  afterEach(() => bench[Symbol.asyncDispose]());

  it('removes no folder and no master but those of the host, whatever its record says', async () => {
    const host = identity('m1');
    await bench.create(host);
    const state = bench.state(host);
    const precious = join(bench.folder, '..', 'precious');
    await mkdir(join(precious, 'swarmup', identity('other').id), { recursive: true });
    const master = { vm: identity('other').id, folder: join(precious, 'master-1') };
    await mkdir(master.folder);
    for (const folder of [precious, join(precious, 'swarmup', identity('other').id), `${state.folder}/../..`])
      await bench.driver.remove(bench.context(), host, { ...state, folder, master });
    expect((await readdir(precious)).sort()).toEqual(['master-1', 'swarmup']);
    expect(await readdir(join(precious, 'swarmup'))).toHaveLength(1);
    expect(await bench.leftovers()).toEqual([]);
  });

  it('does not remove a machine that swarmup did not make', async () => {
    const host = identity('m1');
    await bench.vbox('createvm', '--name', 'mine', '--uuid', host.id, '--register');
    await expect(bench.driver.remove(bench.context(), host, undefined)).rejects.toMatchObject({
      code: 'VM_NOT_OURS',
    });
    expect(await bench.vbox('list', 'vms')).toContain('mine');
  });
});
