import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAwsDriver } from '../../../src/drivers/aws/aws-driver.js';
import { driverContract } from '../../../src/drivers/testing/driver-contract.js';
import type { HostIdentity } from '../../../src/drivers/driver.js';
import type { Ec2Endpoint } from '../../support/ec2/ec2-endpoint.js';
import { type AwsBench, awsIdentity, hurried, openAwsBench } from './aws-bench.js';

let bench: AwsBench;
let names = 0;

beforeAll(async () => {
  bench = await openAwsBench();
});
afterAll(async () => {
  // EC2 refuses a token that comes with other parameters: the driver must never try.
  expect(bench.ec2.calls.filter(({ code }) => code === 'IdempotentParameterMismatch')).toEqual([]);
  await bench[Symbol.asyncDispose]();
});

driverContract(
  {
    driver: () => createAwsDriver(hurried),
    context: (signal, log) => ({ ...bench.context({}, signal), log }),
    identity: () => awsIdentity(`host${++names}`),
    connect: async (host, description) => {
      const data = userDataOf(bench.ec2, host);
      expect(data).toContain(JSON.stringify(host.hostKey.privateKey));
      expect(data).toContain(host.authorizedKey.trim());
      const reached = [...bench.ec2.world.instances.values()].find(({ publicIp }) => publicIp === description.ssh.host);
      expect(reached?.tags['swarmup:machine-id']).toBe(host.id);
    },
    leftovers: async () => bench.ec2.leftovers(),
    timeoutMs: 120_000,
  },
  { describe, it },
);

/** The user-data of the only instance of a machine, as text. */
function userDataOf(ec2: Ec2Endpoint, { id }: HostIdentity): string {
  const mine = [...ec2.world.instances.values()].filter(({ tags }) => tags['swarmup:machine-id'] === id);
  const alive = mine.filter(({ state }) => state !== 'terminated');
  expect(alive).toHaveLength(1);
  return Buffer.from(alive[0]?.userData ?? '', 'base64').toString();
}
