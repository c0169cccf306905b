import { expect } from 'vitest';
import type { OptionValues } from '../../../src/drivers/driver.js';
import type { Fault } from '../../support/ec2/ec2-endpoint.js';
import type { AwsBench, AwsHost } from './aws-bench.js';

/** What became of a host that was made while something went wrong. */
export interface FaultyCreate {
  readonly host: AwsHost;
  readonly error: unknown;
  /** How often an action was called by then; without a name: any. */
  readonly calls: (action?: string) => number;
  /** What there was before it was removed. */
  readonly left: readonly string[];
}

/** Creates one host of a swarm with what goes wrong; then removes it, which must leave nothing. */
export async function createFaulty(
  bench: AwsBench,
  faults: readonly Fault[],
  given: OptionValues = {},
): Promise<FaultyCreate> {
  bench.ec2.fault(...faults.map((fault) => ({ ...fault })));
  const host = bench.host('one', { swarm: 'blue', role: 'worker' });
  const error: unknown = await bench.create(host, given).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  bench.ec2.heal();
  const counted = [...bench.ec2.calls];
  const left = bench.ec2.leftovers();
  const alive = [...bench.ec2.world.instances.values()].filter(({ state }) => state === 'running');
  expect(alive).toHaveLength(error === undefined ? 1 : 0);
  await bench.newProcess().remove(host);
  expect(bench.ec2.leftovers()).toEqual([]);
  expect(bench.ec2.calls.filter(({ code }) => code === 'IdempotentParameterMismatch')).toEqual([]);
  return {
    host,
    error,
    left,
    calls: (action) => counted.filter((call) => action === undefined || call.action === action).length,
  };
}

export const fault = (action: string, code: string, more: Partial<Fault> = {}): Fault => ({ action, code, ...more });
