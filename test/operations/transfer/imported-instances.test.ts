import { EC2Client, RunInstancesCommand } from '@aws-sdk/client-ec2';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createAwsDriver } from '../../../src/drivers/aws/aws-driver.js';
import { awsDeclaration } from '../../../src/drivers/aws/declaration.js';
import { builtInDrivers } from '../../../src/drivers/built-in.js';
import type { Driver } from '../../../src/drivers/driver.js';
import { createRegistry } from '../../../src/drivers/registry.js';
import type { OperationContext } from '../../../src/operations/access/context.js';
import { hostStatuses } from '../../../src/operations/hosts/host-statuses.js';
import { killHosts, startHosts, stopHosts } from '../../../src/operations/hosts/power.js';
import { removeHosts } from '../../../src/operations/hosts/remove-hosts.js';
import { importMachines } from '../../../src/operations/transfer/import-machines.js';
import { hurried } from '../../drivers/aws/aws-bench.js';
import { instantBackend } from '../../support/ec2/backend.js';
import { type Ec2Endpoint, startEc2 } from '../../support/ec2/ec2-endpoint.js';
import { type Lab, openLab } from '../../support/lab.js';

const here = { publicIp: '127.0.0.1' };
let lab: Lab;
let ec2: Ec2Endpoint;
let context: OperationContext;

beforeEach(async () => {
  lab = await openLab();
  // Every instance is at the address of the ssh servers of this process.
  ec2 = await startEc2({ backend: { ...instantBackend, launch: async () => here, start: async () => here } });
  const entry = { declaration: awsDeclaration, load: async () => createAwsDriver(hurried) as Driver };
  const others = builtInDrivers.filter(({ declaration }) => declaration.name !== awsDeclaration.name);
  const plain = lab.process().context;
  context = {
    ...plain,
    drivers: createRegistry([entry, ...others]),
    env: { ...plain.env, AWS_ENDPOINT_URL_EC2: ec2.url },
  };
});
afterEach(async () => {
  await lab[Symbol.asyncDispose]();
  await ec2[Symbol.asyncDispose]();
});

/** An instance as docker-machine makes it: its own key pair, a group for all, a name, and no tag that swarmup knows. */
async function launched(name: string): Promise<string> {
  const { world } = ec2;
  world.keyPairs.set(name, { id: `key-${name}`, name, publicKey: 'ssh-rsa AAAA', tags: {} });
  world.groups.set('sg-dm', {
    id: 'sg-dm',
    name: 'docker-machine',
    description: 'Docker Machine',
    vpc: world.vpc.id,
    tags: {},
    rules: [],
  });
  const client = new EC2Client({ region: 'us-east-1', endpoint: ec2.url });
  const answer = await client.send(
    new RunInstancesCommand({
      ImageId: world.images[1]?.id,
      InstanceType: 't2.micro',
      MinCount: 1,
      MaxCount: 1,
      KeyName: name,
      NetworkInterfaces: [{ DeviceIndex: 0, SubnetId: world.subnets[0]?.id, Groups: ['sg-dm'] }],
      TagSpecifications: [{ ResourceType: 'instance', Tags: [{ Key: 'Name', Value: name }] }],
    }),
  );
  return answer.Instances?.[0]?.InstanceId ?? '';
}

/** Writes the store of docker-machine with it. */
async function recorded(name: string, config: object): Promise<string> {
  const where = await lab.existing(name);
  const from = join(lab.userHome, 'docker-machine');
  const folder = join(from, 'machines', name);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'id_rsa'), await readFile(where.keyFile));
  const driver = {
    IPAddress: where.host,
    MachineName: name,
    SSHUser: where.user,
    SSHPort: where.port,
    SSHKeyPath: join(folder, 'id_rsa'),
    AccessKey: 'AKIAOFTHERECORD',
    SecretKey: 'secret-of-the-record',
    SessionToken: 'token-of-the-record',
    Region: 'us-east-1',
    KeyName: name,
    ...config,
  };
  await writeFile(
    join(folder, 'config.json'),
    JSON.stringify({ ConfigVersion: 3, DriverName: 'amazonec2', Driver: driver }),
  );
  return from;
}

const adopt = async (from: string) =>
  (await importMachines(context, { from, dryRun: false, trust: { acceptNew: true } })).machines;
const stateOf = async (name: string) =>
  (await hostStatuses(context, [await context.store.require(name)], { timeoutMs: 30_000 })).get(name);

it('an amazonec2 machine of docker-machine becomes a host of the driver aws', { timeout: 120_000 }, async () => {
  const instance = await launched('web');
  const from = await recorded('web', { InstanceId: instance, InstanceType: 't2.micro' });
  const dry = await importMachines(context, { from, dryRun: true, trust: {} });
  expect(dry.machines).toMatchObject([{ name: 'web', driver: 'aws', status: 'would-import' }]);
  expect(await adopt(from)).toMatchObject([{ name: 'web', formerDriver: 'amazonec2', driver: 'aws' }]);
  await rm(from, { recursive: true });
  // No credential is ever stored.
  expect([...(await lab.files()).values()].join('\n')).not.toMatch(/of-the-record|AKIA/);

  expect(await stateOf('web')).toMatchObject({ state: 'running', description: { ssh: { host: '127.0.0.1' } } });
  const status = (verb: { readonly hosts: readonly { readonly status: string }[] }): readonly string[] =>
    verb.hosts.map((host) => host.status);
  expect(status(await stopHosts(context, ['web']))).toEqual(['stopped']);
  expect(await stateOf('web')).toMatchObject({ state: 'stopped' });
  expect(status(await startHosts(context, ['web']))).toEqual(['started']);
  expect(status(await killHosts(context, ['web']))).toEqual(['killed']);
  expect(ec2.calls.findLast(({ action }) => action === 'StopInstances')?.query.flag('Force')).toBe(true);

  expect(status(await removeHosts(context, { names: ['web'], force: false }))).toEqual(['removed']);
  expect(ec2.world.instances.get(instance)?.state).toBe('terminated');
  // Its key pair goes with it; the group, which docker-machine shares among all machines, stays.
  expect(ec2.leftovers()).toEqual(['security-group sg-dm']);
  expect((await context.store.list()).machines).toEqual([]);
});

it('a key pair of the user stays, and a spot instance is not stopped', { timeout: 120_000 }, async () => {
  const instance = await launched('web');
  const from = await recorded('web', { InstanceId: instance, ExistingKey: true, RequestSpotInstance: true });
  await adopt(from);
  expect((await stopHosts(context, ['web'])).hosts).toMatchObject([{ error: { code: 'AWS_SPOT_STOP' } }]);
  await removeHosts(context, { names: ['web'], force: false });
  expect(ec2.leftovers()).toEqual(['security-group sg-dm', 'key-pair key-web']);
});

it('one whose record names no instance is reached by ssh only', { timeout: 120_000 }, async () => {
  expect(await adopt(await recorded('web', {}))).toMatchObject([{ driver: 'generic', status: 'imported' }]);
});
