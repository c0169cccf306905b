import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DrillRequest } from '../../../src/operations/lab/choose-fault.js';
import { drillLab } from '../../../src/operations/lab/drill-lab.js';
import { upLab } from '../../../src/operations/lab/up-lab.js';
import { type Lab, openLab } from '../../support/lab.js';

const manifest = `version: 1
name: lab
defaults: { driver: fake, engine: { tls: false } }
swarm: { agent: false, address-pool: 198.18.0.0/15 }
pools:
  managers: { role: manager, names: m }
  workers: { role: worker, names: w%d }
`;

let lab: Lab;
let folder: string;
let request: DrillRequest;

beforeEach(async () => {
  lab = await openLab();
  folder = await mkdtemp(join(tmpdir(), 'swarmup-drill-'));
  const file = join(folder, 'swarmup.yaml');
  await writeFile(file, manifest);
  const approve = (): Promise<void> => Promise.resolve();
  await upLab(lab.process().context, { file, timeoutMs: 1000, approve });
  request = {
    ...{ file, drill: 'kill-node', host: undefined, probe: undefined, dryRun: false },
    ...{ holdMs: 20_000, recoverMs: 60_000 },
  };
});
afterEach(async () => {
  await lab[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

describe('a drill', () => {
  it('hurts one host, heals it and keeps the report', async () => {
    const process = lab.process();
    const result = await drillLab(process.context, request);
    if ('dryRun' in result) expect.fail('it was to be done');
    expect(result).toMatchObject({ lab: 'lab', drill: 'kill-node', victims: ['w1'], requests: null });
    expect(result.recoveredMs).not.toBeNull();
    expect(result.timeline.map(({ what }) => what)).toEqual(expect.arrayContaining(['w1 is down', 'w1 is ready']));
    const { path, ...report } = result;
    expect(JSON.parse(await readFile(path, 'utf8'))).toEqual(report);
    const done = process.events.flatMap((event) => (event.type === 'step-done' ? [event.title] : []));
    expect(done).toEqual([
      'cut the power of w1',
      'wait until leader and tasks have moved, at most 20 s',
      'start w1',
      'wait until the lab has recovered, at most 60 s',
    ]);
  });

  it('ends the fault when it is stopped, and leaves no report', async () => {
    const process = lab.process();
    process.onEvent = (event) => {
      if (event.type === 'step-started' && event.title.startsWith('wait until leader')) process.interrupt();
    };
    await expect(drillLab(process.context, request)).rejects.toMatchObject({ code: 'INTERRUPTED' });
    expect(lab.host('w1').ssh).toBeDefined();
    expect([...(await lab.files()).keys()].filter((path) => path.includes('drills'))).toEqual([]);
  });
});
