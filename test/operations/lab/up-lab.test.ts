import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LabPlan } from '../../../src/lab/lab-plan.js';
import type { DrillName } from '../../../src/lab/drill-report.js';
import type { DrillRequest } from '../../../src/operations/lab/choose-fault.js';
import { drillLab, type DrillPlan, type DrillResult } from '../../../src/operations/lab/drill-lab.js';
import { destroyLab, downLab } from '../../../src/operations/lab/end-lab.js';
import type { LabRequest } from '../../../src/operations/lab/load-lab.js';
import { restoreLab } from '../../../src/operations/lab/snapshot-lab.js';
import { labStatus } from '../../../src/operations/lab/lab-status.js';
import { planLab } from '../../../src/operations/lab/plan-lab.js';
import { provisionLab, reloadLab } from '../../../src/operations/lab/provision-lab.js';
import type { HostsResult } from '../../../src/operations/access/results.js';
import { upLab, type UpRequest, type UpResult } from '../../../src/operations/lab/up-lab.js';
import { type Lab, type LabProcess, openLab } from '../../support/lab.js';

const manifest = (workers: number, more = ''): string => `version: 1
name: lab
defaults: { driver: fake, engine: { tls: false } }
swarm: { agent: false, address-pool: 198.18.0.0/15 }
pools:
  managers: { role: manager, names: m }
  workers: { role: worker, count: ${workers}, names: w%d }
${more}`;

let lab: Lab;
let folder: string;

beforeEach(async () => {
  lab = await openLab();
  folder = await mkdtemp(join(tmpdir(), 'swarmup-up-'));
});
afterEach(async () => {
  await lab[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

async function request(text: string): Promise<LabRequest> {
  const file = join(folder, 'swarmup.yaml');
  await writeFile(file, text);
  return { file };
}

const never = (): Promise<void> => Promise.resolve();
const up = async (
  text: string,
  changes: Partial<UpRequest> = {},
  process: LabProcess = lab.process(),
): Promise<UpResult> =>
  upLab(process.context, { ...(await request(text)), timeoutMs: 1000, approve: never, ...changes });
const texts = (changes: LabPlan['changes'] | UpResult['outcomes']): readonly string[] =>
  changes.map(({ action, name }) => `${action} ${name}`);
const plan = async (text: string): Promise<LabPlan> => planLab(lab.process().context, await request(text));

describe('a lab', () => {
  it('is made, left alone, grown and shrunk', async () => {
    expect(texts((await up(manifest(2))).outcomes)).toEqual(['create m', 'create w1', 'create w2']);
    const calls = lab.world.calls.length;
    const again = await up(manifest(2));
    expect(again.outcomes).toEqual([]);
    expect(again.nodes.map(({ name, state }) => [name, state])).toEqual([
      ['m', 'ready'],
      ['w1', 'ready'],
      ['w2', 'ready'],
    ]);
    expect(lab.world.calls.slice(calls).filter((call) => !call.startsWith('inspect'))).toEqual([]);
    expect(texts((await up(manifest(3))).outcomes)).toEqual(['create w3']);
    expect(texts((await up(manifest(1))).outcomes)).toEqual(['remove w2', 'remove w3']);
    expect((await lab.store.list()).machines.map(({ name, lab: mark }) => [name, mark?.pool])).toEqual([
      ['m', 'managers'],
      ['w1', 'workers'],
    ]);
  });

  it('is compared with its manifest by status', async () => {
    const status = async (text: string) =>
      labStatus(lab.process().context, { ...(await request(text)), timeoutMs: 10_000 });
    expect((await status(manifest(1))).problems).toEqual(
      expect.arrayContaining(['the host m of the manifest does not exist']),
    );
    await up(manifest(1));
    const well = await status(manifest(1));
    expect([well.problems, well.changes]).toEqual([[], []]);
    const { problems, changes } = await status(manifest(2, 'networks: { back: {} }'));
    expect(problems).toEqual([
      'the host w2 of the manifest does not exist',
      'the network back of the manifest does not exist',
    ]);
    expect(texts(changes)).toEqual(['create w2', 'create back']);
    // A host whose node was removed behind our back.
    const { cluster } = lab.host('m').engine;
    const { nodeId } = await lab.store.require('w1');
    cluster?.remove(nodeId ?? '', true);
    expect((await status(manifest(1))).problems).toContain('w1 is not a node of its swarm');
  });

  it('is not reset to a snapshot that no host has', async () => {
    await up(manifest(1));
    const { context } = lab.process();
    const none = () => Promise.reject(new Error('not asked for'));
    const snapshots = { list: () => Promise.resolve([]), take: none, restore: none, remove: none };
    const driver = { ...(await context.drivers.get('fake')), snapshots };
    const drivers = { ...context.drivers, get: () => Promise.resolve(driver) };
    const asked = { ...(await request(manifest(1))), name: 'nope', dryRun: false };
    await expect(restoreLab({ ...context, drivers }, asked)).rejects.toMatchObject({
      code: 'SNAPSHOT_UNKNOWN',
      message: 'no host of lab lab has a snapshot named nope',
    });
  });

  describe('belongs to the folder of its manifest', () => {
    const copied = async (): Promise<LabRequest> => {
      const copy = await mkdtemp(join(tmpdir(), 'swarmup-copy-'));
      await writeFile(join(copy, 'swarmup.yaml'), manifest(1));
      return { file: join(copy, 'swarmup.yaml') };
    };
    const marks = async (): Promise<readonly (string | undefined)[]> =>
      (await lab.store.list()).machines.map(({ lab: mark }) => mark?.manifest);

    it('and no other folder with a lab of this name can change or remove it', async () => {
      const here = await request(manifest(2));
      await up(manifest(2));
      const calls = lab.world.calls.length;
      const there = await copied();
      const { context } = lab.process();
      const asked = { dryRun: false, force: true, approve: never };
      const acts: readonly (() => Promise<unknown>)[] = [
        () => planLab(context, there),
        () => upLab(context, { ...there, timeoutMs: 1000, approve: never }),
        () => downLab(context, { ...there, dryRun: false }),
        () => destroyLab(context, { ...there, ...asked }),
      ];
      for (const act of acts)
        await expect(act()).rejects.toMatchObject({
          ...{ code: 'LAB_ELSEWHERE', exitCode: 3 },
          message: `lab lab belongs to ${here.file}, not to ${there.file}`,
        });
      expect(lab.world.calls).toHaveLength(calls);
      expect((await destroyLab(context, { ...here, ...asked })).hosts).toHaveLength(3);
      expect(texts((await upLab(context, { ...there, timeoutMs: 1000, approve: never })).outcomes)).toEqual([
        'create m',
        'create w1',
      ]);
      expect(await marks()).toEqual([there.file, there.file]);
    });

    it('and follows it when it is moved', async () => {
      const here = await request(manifest(1));
      await up(manifest(1));
      const there = await copied();
      await rm(here.file);
      const process = lab.process();
      await planLab(process.context, there);
      const warnings = process.events.flatMap((event) => (event.type === 'warning' ? event.message : []));
      expect(warnings).toEqual([expect.stringMatching(/^lab lab moved from .*swarmup-up-.* to .*swarmup-copy-/)]);
      expect(await marks()).toEqual([here.file, here.file]);
      await upLab(lab.process().context, { ...there, timeoutMs: 1000, approve: never });
      expect(await marks()).toEqual([there.file, there.file]);
      await expect(up(manifest(1))).rejects.toMatchObject({ code: 'LAB_ELSEWHERE' });
    });

    it('once up has run, if an older swarmup made it', async () => {
      await up(manifest(1));
      for (const name of ['m', 'w1'])
        await lab.store.update(name, ({ lab: mark, ...record }) => ({
          ...record,
          lab: { name: mark?.name ?? '', pool: mark?.pool ?? '' },
        }));
      const { file } = await request(manifest(1));
      await up(manifest(1));
      expect(await marks()).toEqual([file, file]);
    });
  });

  it('changes the roles of nodes in place, new managers first', async () => {
    const before = await up(manifest(2));
    const swapped = manifest(2).replace('{ role: manager, names: m }', '{ role: worker, names: m }');
    const others = swapped.replace('role: worker, count: 2', 'role: manager, count: 2');
    const seen: LabPlan[] = [];
    const { outcomes, nodes } = await up(others, {
      approve: (asked) => {
        seen.push(asked);
        return never();
      },
    });
    expect(seen.map(({ changes }) => texts(changes))).toEqual([['update m', 'update w1', 'update w2']]);
    expect(outcomes.map(({ details, status }) => [...details, status])).toEqual([
      ['role manager -> worker', 'done'],
      ['role worker -> manager', 'done'],
      ['role worker -> manager', 'done'],
    ]);
    expect(nodes.map(({ name, role }) => [name, role]).sort()).toEqual([
      ['m', 'worker'],
      ['w1', 'manager'],
      ['w2', 'manager'],
    ]);
    expect(nodes.map(({ id }) => id).sort()).toEqual(before.nodes.map(({ id }) => id).sort());
    expect((await up(others)).outcomes).toEqual([]);
  });

  it('is planned without a trace', async () => {
    await up(manifest(1));
    const before = await lab.files();
    const calls = lab.world.calls.length;
    const grown = await plan(manifest(3));
    expect(texts(grown.changes)).toEqual(['create w2', 'create w3']);
    expect(grown.time).toMatchObject({ driver: 'fake', hosts: 2 });
    expect(grown).not.toHaveProperty('cost');
    expect((await plan(manifest(0))).footer).toBe('1 remove  across 1 host');
    expect(await lab.files()).toEqual(before);
    expect(lab.world.calls.slice(calls).filter((call) => !call.startsWith('inspect'))).toEqual([]);
  });

  it('asks before anything is changed, and a no changes nothing', async () => {
    await up(manifest(2));
    const seen: LabPlan[] = [];
    const refuse = (asked: LabPlan): Promise<void> => {
      seen.push(asked);
      return Promise.reject(new Error('no'));
    };
    await expect(up(manifest(0), { approve: refuse })).rejects.toThrow('no');
    expect(seen.map(({ changes }) => texts(changes))).toEqual([['remove w1', 'remove w2']]);
    expect(lab.world.calls.filter((call) => call.startsWith('remove'))).toEqual([]);
  });

  it('touches no host that is not its own', async () => {
    await up(manifest(1));
    await lab.create('guest', { swarm: 'lab' });
    expect(texts((await up(manifest(0))).outcomes)).toEqual(['remove w1']);
    await lab.create('w2', { swarm: null });
    await expect(up(manifest(2))).rejects.toMatchObject({ code: 'NAME_TAKEN', exitCode: 3 });
    expect((await lab.store.list()).machines.map(({ name }) => name).sort()).toEqual(['guest', 'm', 'w2']);
  });

  it('is finished by the next up when one was stopped', async () => {
    const process = lab.process();
    process.onEvent = (event) => {
      if (event.type === 'step-done' && event.step === 'w1/create') process.interrupt();
    };
    await expect(up(manifest(2), {}, process)).rejects.toMatchObject({
      code: 'INTERRUPTED',
      hints: expect.arrayContaining([expect.stringContaining('swarmup up continues')]) as unknown,
    });
    const next = await up(manifest(2));
    expect(next.nodes.map(({ name, state }) => [name, state])).toEqual([
      ['m', 'ready'],
      ['w1', 'ready'],
      ['w2', 'ready'],
    ]);
  });

  it('goes on with the others when a host fails, and says which', async () => {
    lab.onBoot = (name) => {
      if (name === 'w1') throw new Error('no room');
      return {};
    };
    const { outcomes, next } = await up(manifest(2));
    expect(outcomes.map(({ name, status }) => [name, status])).toEqual([
      ['m', 'done'],
      ['w1', 'failed'],
      ['w2', 'done'],
    ]);
    expect(next).toEqual(['swarmup up    # continues where this run stopped']);
    lab.onBoot = () => ({});
    expect((await up(manifest(2))).outcomes.map(({ name, action, status }) => [name, action, status])).toEqual([
      ['w1', 'resume', 'done'],
    ]);
  });

  it('tells that its manifest was edited meanwhile', async () => {
    const process = lab.process();
    process.onEvent = (event) => {
      if (event.type === 'step-done' && event.step === 'm/create') void request(manifest(3));
    };
    await up(manifest(1), {}, process);
    expect(process.events.filter(({ type }) => type === 'warning')).toMatchObject([
      { message: expect.stringContaining('was changed in the meantime') as unknown },
    ]);
  });

  it('runs hooks with what they need to know', async () => {
    const log = join(folder, 'log');
    const hooks = `hooks:
  before-up: echo before $SWARMUP_LAB >> ${log}
  after-host: echo made $SWARMUP_HOST >> ${log}
  after-up: exit 3
`;
    const trusting = up(manifest(1, hooks), { askTrust: never });
    await expect(trusting).rejects.toMatchObject({ code: 'HOOK_FAILED' });
    const { readFile } = await import('node:fs/promises');
    expect((await readFile(log, 'utf8')).split('\n').sort()).toEqual(['', 'before lab', 'made m', 'made w1']);
  });

  it('is destroyed when it may be; others stay', async () => {
    await up(manifest(1, 'protect: true'));
    const destroy = async (text: string) =>
      destroyLab(lab.process().context, { ...(await request(text)), force: false, dryRun: false, approve: never });
    await expect(destroy(manifest(1, 'protect: true'))).rejects.toMatchObject({ code: 'LAB_PROTECTED', exitCode: 3 });
    await lab.create('other', { swarm: null });
    expect((await destroy(manifest(1))).hosts.map(({ name, status }) => [name, status])).toEqual([
      ['m', 'removed'],
      ['w1', 'removed'],
    ]);
    expect((await lab.store.list()).machines.map(({ name }) => name)).toEqual(['other']);
    expect((await destroy(manifest(1))).hosts).toEqual([]);
  });

  it('is only looked at by dry runs, which refuse what would be refused', async () => {
    await up(manifest(2));
    const [before, calls] = [await lab.files(), lab.world.calls.length];
    const { context } = lab.process();
    const drill = async (
      name: DrillName,
      changes: Partial<DrillRequest> = {},
      text = manifest(2),
    ): Promise<DrillPlan | DrillResult> =>
      drillLab(context, {
        ...{
          ...(await request(text)),
          drill: name,
          host: undefined,
          probe: undefined,
          holdMs: 9000,
          recoverMs: 60_000,
          dryRun: true,
        },
        ...changes,
      });
    const well = 'wait until the lab has recovered, at most 60 s';
    expect(await drill('kill-leader')).toEqual({
      ...{ lab: 'lab', drill: 'kill-leader', dryRun: true, victims: ['m'] },
      steps: ['cut the power of m', 'wait until leader and tasks have moved, at most 9 s', 'start m', well],
    });
    expect((await drill('kill-node')).victims).toEqual(['w1']);
    expect(await drill('reboot-all')).toMatchObject({ steps: ['cut the power of m, w1, w2', 'start m, w1, w2', well] });
    expect(await drill('full-disk', { host: 'w2' })).toMatchObject({
      steps: [
        'fill the disk of w2',
        'wait until every task runs despite the fault, at most 9 s',
        'end the fault on w2',
        well,
      ],
    });
    await expect(drill('partition', { host: 'w3' })).rejects.toMatchObject({ code: 'HOST_UNKNOWN', exitCode: 2 });
    const safe = drill('kill-node', {}, manifest(2, 'protect: true'));
    await expect(safe).rejects.toMatchObject({ code: 'LAB_PROTECTED', exitCode: 3 });
    const dry = { ...(await request(manifest(2))), dryRun: true };
    const approve = (): never => expect.fail('nobody is to be asked');
    const statuses = async (result: Promise<HostsResult>): Promise<readonly string[]> =>
      (await result).hosts.map(({ status }) => status);
    expect(await statuses(downLab(context, dry))).toEqual(Array(3).fill('would-stop'));
    expect(await statuses(reloadLab(context, dry))).toEqual(Array(3).fill('would-restart'));
    expect(await statuses(provisionLab(context, dry))).toEqual(Array(3).fill('would-check'));
    expect(await statuses(destroyLab(context, { ...dry, force: false, approve }))).toEqual(
      Array(3).fill('would-remove'),
    );
    expect(await lab.files()).toEqual(before);
    expect(lab.world.calls.slice(calls).filter((call) => !call.startsWith('inspect'))).toEqual([]);
  });

  it('is made by another driver, if that is said', async () => {
    const text = manifest(0).replace('driver: fake', 'driver: docker, options: { fake: {} }');
    const { lab: name } = await upLab(lab.process().context, {
      ...(await request(text)),
      driverOverride: 'fake',
      timeoutMs: 1000,
      approve: never,
    });
    expect(name).toBe('lab');
    expect((await lab.store.read('m'))?.driver).toBe('fake');
  });
});
