import { expect, it } from 'vitest';
import { hostMeant } from '../../../src/operations/access/host-meant.js';
import type { MachineRecord } from '../../../src/machine/machine-record.js';

type Host = readonly [name: string, swarm: string | null, role: 'manager' | 'worker' | null];

const meant = (...hosts: readonly Host[]): Promise<string> =>
  hostMeant({
    names: () => Promise.resolve(hosts.map(([name]) => name)),
    list: () =>
      Promise.resolve({
        machines: hosts.map(([name, swarm, role]) => ({ name, swarm, role }) as MachineRecord),
        broken: [],
      }),
  });

it.each<[string, readonly Host[], string]>([
  ['nothing', [], 'default'],
  [
    'a host of that name',
    [
      ['default', null, null],
      ['m1', 'a', 'manager'],
    ],
    'default',
  ],
  ['one host', [['plain', null, null]], 'plain'],
  [
    'one swarm',
    [
      ['w1', 'a', 'worker'],
      ['m2', 'a', 'manager'],
      ['m1', 'a', 'manager'],
    ],
    'm1',
  ],
  [
    'one swarm beside plain hosts',
    [
      ['plain', null, null],
      ['m1', 'a', 'manager'],
    ],
    'm1',
  ],
  [
    'two swarms',
    [
      ['m1', 'a', 'manager'],
      ['m2', 'b', 'manager'],
    ],
    'default',
  ],
  [
    'plain hosts',
    [
      ['p1', null, null],
      ['p2', null, null],
    ],
    'default',
  ],
])('where there is %s, the host that is meant is clear, or nobody finds it', async (_, hosts, name) => {
  expect(await meant(...hosts)).toBe(name);
});
