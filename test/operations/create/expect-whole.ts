import { expect } from 'vitest';
import type { Lab } from '../../support/lab.js';

/** One swarm of these hosts, all of them labelled and on record, and no host besides. */
export async function expectWhole(lab: Lab, names: string): Promise<void> {
  const wanted = names.split(' ').sort();
  const { nodes } = lab.clusterOf(names.split(' ')[0] ?? '');
  expect(nodes.map((node) => node.Description.Hostname).sort()).toEqual(wanted);
  expect(nodes.map((node) => node.Spec.Labels)).toEqual(Array(wanted.length).fill({ 'swarmup.managed': 'true' }));
  expect(lab.world.hosts.size).toBe(wanted.length);
  const { machines } = await lab.store.list();
  expect(machines.map(({ name, phase, nodeId }) => [name, phase, nodeId])).toEqual(
    wanted.map((name) => [name, 'ready', lab.host(name).engine.nodeId]),
  );
}
