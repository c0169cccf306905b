import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { CostEstimate, Driver } from '../../../src/drivers/driver.js';
import { planLab } from '../../../src/operations/lab/plan-lab.js';
import { fakeDriver, fakeWorld } from '../../support/fake-driver.js';
import { operationContext } from '../../support/operation-context.js';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'swarmup-estimate-'));
});
afterEach(() => rm(folder, { recursive: true }));

const entry = (driver: Driver) => ({ declaration: driver, load: () => Promise.resolve(driver) });
const free = fakeDriver(fakeWorld(), 'free') as Driver;
const paid = (asOf: string, estimate?: Driver['estimate']): Driver => ({
  ...(fakeDriver(fakeWorld(), `paid-${asOf}`) as Driver),
  estimate:
    estimate ??
    (async (_, names): Promise<CostEstimate> => ({
      currency: 'USD',
      perHour: names.length,
      perMonth: names.length * 730,
      lines: [{ what: names.join(' '), perHour: names.length }],
      asOf,
    })),
});

const plan = async (drivers: readonly Driver[], [managers = '', workers = '']: readonly string[]) => {
  const file = join(folder, 'swarmup.yaml');
  await writeFile(
    file,
    `version: 1
name: lab
pools:
  managers: { role: manager, names: m, driver: ${managers} }
  workers: { role: worker, count: 2, names: w%d, driver: ${workers} }
`,
  );
  return planLab(operationContext(folder, drivers.map(entry)), { file });
};

it('a plan tells what the hosts that it makes cost together, of all drivers that know', async () => {
  const drivers = [free, paid('2026-02-01'), paid('2026-01-01')];
  const { cost, warnings } = await plan(drivers, ['paid-2026-02-01', 'paid-2026-01-01']);
  expect(cost).toEqual({
    currency: 'USD',
    perHour: 3,
    perMonth: 2190,
    lines: [
      { what: 'm', perHour: 1 },
      { what: 'w1 w2', perHour: 2 },
    ],
    asOf: '2026-01-01',
  });
  expect(warnings).toEqual([]);
  expect((await plan(drivers, ['free', 'paid-2026-01-01'])).cost?.perHour).toBe(2);
  expect(await plan(drivers, ['free', 'free'])).not.toHaveProperty('cost');
});

it('a plan is made when the cost cannot be told, and says why', async () => {
  const silent = paid('never', () => Promise.reject(new Error('no answer')));
  const found = await plan([silent, free], ['paid-never', 'free']);
  expect(found.changes).toHaveLength(3);
  expect(found).not.toHaveProperty('cost');
  expect(found.warnings).toEqual(['the cost of the hosts cannot be estimated: no answer']);
});
