import { afterAll, beforeAll, expect, it } from 'vitest';
import { type AwsBench, openAwsBench } from './aws-bench.js';

let bench: AwsBench;
beforeAll(async () => {
  bench = await openAwsBench();
});
afterAll(() => bench[Symbol.asyncDispose]());

it('lists what it made with all that its tags tell, and removes it without a record', async () => {
  const swarmId = 'f3a0c1de-0000-4000-8000-000000000001';
  const host = bench.host('agent1', { swarm: 'lab', swarmId });
  await bench.create(host);
  const { driver } = bench.newProcess();
  const listed = async () => (await driver.inventory?.list(bench.context(), []))?.things ?? [];
  const things = await listed();
  expect(things).toMatchObject([
    {
      kind: 'instance',
      isHost: true,
      machineId: host.identity.id,
      host: 'agent1',
      swarm: 'lab',
      swarmId,
      owner: host.identity.owner,
      running: true,
      madeAt: expect.stringMatching(/^\d{4}-/) as string,
    },
  ]);
  expect(JSON.parse(things[0]?.place ?? '')).toHaveProperty('region');
  await driver.inventory?.remove(bench.context(), things);
  expect(await listed()).toEqual([]);
  await driver.inventory?.remove(bench.context(), things);
});

it('looks where hosts on record are, too, and tells where it could not', async () => {
  const host = bench.host('agent2');
  await bench.create(host);
  const state = host.state ?? expect.fail('no state');
  const { inventory } = bench.newProcess().driver;
  const elsewhere = { ...state, endpoint: 'http://127.0.0.1:1' };
  const found = await inventory?.list(bench.context(), [state, elsewhere]);
  expect(found?.things.map(({ host: name }) => name)).toEqual(['agent2']);
  expect(found?.unseen).toHaveLength(1);
  await bench.remove(host);
});
