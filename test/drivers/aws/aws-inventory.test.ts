import { afterAll, beforeAll, expect, it } from 'vitest';
import { type AwsBench, openAwsBench, ownKeyFile } from './aws-bench.js';

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

it.each([
  ['of a running host', { swarm: 'lab', swarmId: 'f3a0c1de-0000-4000-8000-000000000002' }, false],
  ['of one outside a swarm, that is off', {}, true],
])('rebuilds the state %s, so that it can be used and removed', async (_, place, isOff) => {
  const host = bench.host('agent3', place);
  await bench.create(host, { 'import-key': await ownKeyFile(), 'instance-type': ['t3.medium'] });
  const state = host.state ?? expect.fail('no state');
  if (isOff) await bench.driver.stop(bench.context(), state, { force: false });
  const { driver } = bench.newProcess();
  const { things = [] } = (await driver.inventory?.list(bench.context(), [])) ?? {};
  const own = things.filter(({ machineId }) => machineId === host.identity.id);
  const rebuilt = await driver.inventory?.rebuild?.(bench.context(), host.identity.id, own);
  const { launch } = state;
  expect(rebuilt?.state).toEqual({
    ...state,
    // Only a launch that is repeated needs these.
    launch: { ...launch, sizeGiB: 0, burstable: false, at: expect.any(String) as string },
  });
  expect(rebuilt?.options).toEqual({ 'instance-type': ['t3.medium'] });
  host.state = rebuilt?.state;
  const { ssh } = await bench.create(host);
  expect(ssh).toEqual({ host: expect.stringMatching(/^198\./) as string, port: 22, user: 'ubuntu' });
  await bench.remove(host);
  await expect(driver.inventory?.rebuild?.(bench.context(), host.identity.id, own)).rejects.toMatchObject({
    code: 'HOST_ABSENT',
  });
  expect(bench.ec2.leftovers()).toEqual([]);
});
