import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { labPlanText } from '../../src/cli/render/lab-plan-text.js';
import { createAwsDriver } from '../../src/drivers/aws/aws-driver.js';
import { awsDeclaration } from '../../src/drivers/aws/declaration.js';
import type { Driver } from '../../src/drivers/driver.js';
import { planLab } from '../../src/operations/lab/plan-lab.js';
import { hurried } from '../drivers/aws/aws-bench.js';
import { fakeIo } from '../support/fake-io.js';
import { operationContext } from '../support/operation-context.js';

const manifest = `version: 1
name: lab
defaults: { driver: aws }
pools:
  managers: { role: manager, names: m, options: { aws: { instance-type: [t3.medium] } } }
  workers: { role: worker, count: 2, names: w%d }
`;

it('a plan tells what the hosts would cost that it would make, and of when the prices are', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'plan-cost-'));
  const file = join(folder, 'swarmup.yaml');
  await writeFile(file, manifest);
  const entry = { declaration: awsDeclaration, load: async () => createAwsDriver(hurried) as Driver };
  const context = operationContext(folder, [entry], { env: { AWS_REGION: 'us-east-1' } });
  const plan = await planLab(context, { file });
  expect(plan.cost?.lines.map(({ what }) => what)).toEqual([
    '1 × t3.medium in us-east-1',
    '1 × 16 GiB of gp3',
    '1 × a public IPv4 address',
    '2 × t3.small in us-east-1',
    '2 × 16 GiB of gp3',
    '2 × a public IPv4 address',
  ]);
  expect(plan.cost?.perHour).toBeCloseTo(0.0416 + 2 * 0.0208 + 3 * ((16 * 0.08) / 730 + 0.005), 6);
  const text = labPlanText(fakeIo(), plan);
  expect(text).toMatch(/2 × t3\.small in us-east-1 +\$0\.0416/);
  expect(text).toMatch(/together .* a month/);
  expect(text).toMatch(/prices of \d{4}-\d{2}-\d{2}/);
  await rm(folder, { recursive: true });
});
