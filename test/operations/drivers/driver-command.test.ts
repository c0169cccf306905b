import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createAwsDriver } from '../../../src/drivers/aws/aws-driver.js';
import { awsDeclaration } from '../../../src/drivers/aws/declaration.js';
import type { CommandContext, CommandOutcome, Driver } from '../../../src/drivers/driver.js';
import { flagValues } from '../../../src/cli/flag-declaration.js';
import { storeOwner } from '../../../src/operations/access/store-owner.js';
import type { OperationContext } from '../../../src/operations/access/context.js';
import { runDriverCommand } from '../../../src/operations/drivers/driver-command.js';
import { type AwsBench, type AwsHost, hurried, openAwsBench } from '../../drivers/aws/aws-bench.js';
import { machineRecord } from '../../machine/machine-record.js';
import { fakeDriverEntry, fakeWorld } from '../../support/fake-driver.js';
import { operationContext } from '../../support/operation-context.js';

let folder: string;
let bench: AwsBench;
let context: OperationContext;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'driver-command-'));
  bench = await openAwsBench();
  const entry = { declaration: awsDeclaration, load: async () => createAwsDriver(hurried) as Driver };
  context = operationContext(folder, [entry, fakeDriverEntry(fakeWorld())], {
    env: { AWS_REGION: bench.ec2.world.region, AWS_ENDPOINT_URL_EC2: bench.ec2.url },
  });
});
afterEach(async () => {
  await bench[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

interface Typed {
  readonly words?: readonly string[];
  readonly flags?: Readonly<Record<string, unknown>>;
  readonly confirm?: CommandContext<unknown>['confirm'];
}

const neverAsked = (): Promise<boolean> => Promise.reject(new Error('nobody was to be asked'));

function run(name: string, { words = [], flags = {}, confirm = neverAsked }: Typed = {}): Promise<CommandOutcome> {
  const command = awsDeclaration.commands.list.find((one) => one.name === name) ?? expect.fail();
  const declared = 'flags' in command ? command.flags : {};
  return runDriverCommand(context, {
    driver: 'aws',
    command,
    words,
    flags: flagValues(declared, flags),
    options: {},
    confirm,
  });
}

/** On record, as `create` leaves it. */
async function onRecord(host: AwsHost): Promise<void> {
  await bench.create(host);
  const { id, name, swarm } = host.identity;
  await context.store.add(machineRecord(name, { id, driver: 'aws', swarm, driverState: host.state }));
}

const mine = (name: string, swarm: string): AwsHost =>
  bench.host(name, { swarm, owner: storeOwner(context.store, context.env) });

describe('a command of a driver', { timeout: 60_000 }, () => {
  it('is given the hosts of its driver that are on record, and no others', async () => {
    await context.store.add(machineRecord('foreign', { driver: 'fake', swarm: 'green', driverState: { id: '1' } }));
    await context.store.add(machineRecord('unmade', { driver: 'aws', swarm: 'green', driverState: null }));
    await expect(run('allow')).rejects.toMatchObject({ code: 'AWS_NO_HOSTS', exitCode: 2 });
    await onRecord(mine('one', 'blue'));
    await onRecord(mine('two', 'red'));
    const { result, text } = await run('allow', { words: ['192.0.2.0/24'], flags: { swarm: 'blue', 'dry-run': true } });
    expect(result).toEqual({
      networks: ['192.0.2.0/24'],
      dryRun: true,
      groups: [
        {
          region: 'us-east-1',
          group: expect.stringMatching(/^sg-/) as string,
          cluster: 'blue',
          swarmId: null,
          opened: ['22 from 192.0.2.0/24', '2376 from 192.0.2.0/24'],
          closed: [],
          sharedWith: [],
        },
      ],
    });
    expect(text).toEqual([
      expect.objectContaining({ head: ['REGION', 'GROUP', 'SWARM', 'CHANGES'] }),
      'Nothing was done (--dry-run).',
    ]);
  });

  it('tells orphans from hosts of all drivers, and its own from those of other stores', async () => {
    await context.store.add(machineRecord('foreign', { driver: 'fake', swarm: 'blue', driverState: { id: '1' } }));
    const kept = mine('kept', 'blue');
    await onRecord(kept);
    await bench.create(mine('lost', 'green'));
    await bench.create(bench.host('other', { swarm: 'red', owner: 'somebody else' }));
    const found = (outcome: CommandOutcome) =>
      (outcome.result as { orphans: { machine: string; type: string; mine: boolean; deleted: boolean }[] }).orphans
        .filter(({ type }) => type === 'instance')
        .map(({ machine, mine: own, deleted }) => [machine, own, deleted]);
    const before = [['lost', true, false]];
    expect(found(await run('orphans'))).toEqual(before);
    const asked: unknown[] = [];
    const no: Typed['confirm'] = async (what, question) => asked.push(what, question) === 0;
    await expect(run('orphans', { flags: { delete: true }, confirm: no })).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(asked).toEqual([
      expect.objectContaining({ rows: [expect.arrayContaining(['lost', 'you'])] }),
      'Remove all of these resources?',
    ]);
    expect(found(await run('orphans'))).toEqual(before);
    expect(found(await run('orphans', { flags: { delete: true, yes: true } }))).toEqual([['lost', true, true]]);
    expect((await run('orphans')).text).toEqual([
      'Everything that this store made in AWS is on record here.',
      'Other stores made 1 more: swarmup aws orphans --any-owner lists them with their owners.',
    ]);
    expect(found(await run('orphans', { flags: { 'any-owner': true } }))).toEqual([['other', false, false]]);
    expect(
      found(await run('orphans', { flags: { delete: true, 'any-owner': true }, confirm: async () => true })),
    ).toEqual([['other', false, true]]);
    expect((await run('orphans')).text).toEqual(['Everything that this store made in AWS is on record here.']);
    expect([...bench.ec2.world.instances.values()].filter(({ state }) => state !== 'terminated')).toHaveLength(1);
  });

  it('ends nothing while a record cannot be read, which may be the one', async () => {
    await mkdir(join(context.store.home, 'swarms', 'default', 'hosts', 'broken'), { recursive: true });
    await writeFile(join(context.store.home, 'swarms', 'default', 'hosts', 'broken', 'machine.json'), '{');
    await expect(run('orphans', { flags: { delete: true, yes: true } })).rejects.toMatchObject({
      code: 'RECORD_BROKEN',
      exitCode: 3,
    });
  });

  it('may find something bad, which is its exit code', async () => {
    const { exitCode, result } = await run('check');
    expect([exitCode, result]).toEqual([0, expect.objectContaining({ region: 'us-east-1' })]);
    bench.ec2.fault({ action: 'RunInstances', code: 'UnauthorizedOperation', dryRun: true });
    expect((await run('check')).exitCode).toBe(3);
  });

  it('needs no options to be right that it does not take', async () => {
    context = { ...context, env: { AWS_ROOT_SIZE: 'large' } };
    expect((await run('policy', { flags: { 'pass-role': ['arn:x'] } })).result).toMatchObject({
      Version: '2012-10-17',
    });
    await expect(run('check')).rejects.toMatchObject({ code: 'OPTION_INVALID' });
  });
});
