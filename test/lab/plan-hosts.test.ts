import { describe, expect, it } from 'vitest';
import type { LabChange } from '../../src/lab/lab-plan.js';
import { planFooter } from '../../src/lab/lab-plan.js';
import {
  type HostMarks,
  type LabHost,
  planHosts,
  type PoolWish,
  wantedHosts,
  wantedLabels,
} from '../../src/lab/plan-hosts.js';
import type { Lab } from '../../src/lab/lab.js';
import { machineRecord } from '../machine/machine-record.js';
import { classic, labFrom } from './lab-text.js';

const noMarks: HostMarks = { files: {}, scripts: {} };
const noWishes: ReadonlyMap<string, PoolWish> = new Map();

/** Every host of the lab as `up` leaves it. */
function converged(lab: Lab): readonly LabHost[] {
  return wantedHosts(lab, []).map((host) => ({
    record: machineRecord(host.name, {
      driver: 'docker',
      swarm: lab.name,
      role: host.pool.role,
      phase: 'ready',
      nodeId: `node-${host.name}`,
      advertiseAddr: `address-of-${host.name}`,
      engineSettings: host.pool.engine,
      lab: { name: lab.name, pool: host.pool.name, labels: host.pool.labels },
    }),
    state: 'running',
    node: { state: 'ready', labels: wantedLabels(lab.name, host) },
    marks: noMarks,
  }));
}

const texts = (changes: readonly LabChange[]): readonly string[] =>
  changes.map(({ action, name, details }) => `${action} ${name}: ${details.join(', ')}`);
const plan = (lab: Lab, hosts: readonly LabHost[], wishes = noWishes): readonly string[] =>
  texts(planHosts(lab, hosts, wishes, true));
const changed = (hosts: readonly LabHost[], name: string, change: (host: LabHost) => LabHost): readonly LabHost[] =>
  hosts.map((host) => (host.record.name === name ? change(host) : host));

describe('the plan of hosts', () => {
  const lab = labFrom(classic);
  const there = converged(lab);

  it('is empty for a lab as it should be', () => {
    expect(plan(lab, there)).toEqual([]);
    expect(planFooter([], 3)).toBe('no changes  across 3 hosts');
  });

  it('makes what is missing and removes what is too much', () => {
    expect(plan(lab, [])).toEqual([
      'create manager: default driver, manager',
      'create agent1: default driver, worker',
      'create agent2: default driver, worker',
    ]);
    const other = labFrom(classic.replace('count: 2', 'count: 1'));
    expect(plan(other, there)).toEqual(['remove agent2: docker, worker']);
  });

  it('resumes what is not up', () => {
    const stopped = changed(there, 'agent1', (host) => ({ ...host, state: 'stopped' }));
    const down = changed(stopped, 'agent2', (host) => ({ ...host, node: { state: 'down', labels: {} } }));
    expect(plan(lab, down)).toEqual(['resume agent1: its state is stopped', 'resume agent2: its node is down']);
  });

  it('promotes and demotes the nodes of a pool whose role changes; what has not joined is made anew', () => {
    const other = labFrom(classic.replace('role: worker', 'role: manager').replace('count: 2', 'count: 3'));
    const hosts = changed(there, 'agent2', (host) => ({ ...host, state: 'stopped' }));
    expect(plan(other, hosts)).toEqual([
      'update agent1: role worker -> manager',
      'resume agent2: its state is stopped, role worker -> manager',
      'create agent3: default driver, manager',
    ]);
    const begun = changed(there, 'agent1', (host) => ({ ...host, record: { ...host.record, nodeId: null } }));
    expect(plan(other, begun)[0]).toBe('replace agent1: role worker -> manager');
  });

  it('replaces what cannot be changed, but not for options that the manifest does not name', () => {
    const wish = { options: { '': { memory: 1024 } }, marks: noMarks };
    const hosts = changed(there, 'agent1', (host) => ({
      ...host,
      record: { ...host.record, options: { memory: 512, network: 'of-somebody' } },
    }));
    expect(plan(lab, hosts, new Map([['agents', wish]]))).toEqual([
      'replace agent1: memory 512 -> 1024',
      'replace agent2: memory none -> 1024',
    ]);
    const aws = labFrom(`${classic}defaults: { driver: aws }\n`);
    expect(plan(aws, there)[0]).toBe('replace manager: driver docker -> aws');
  });

  it('changes labels and engines in place, and leaves alone the labels of others', () => {
    const labelled = labFrom(`${classic}defaults: { labels: { tier: web }, engine: { options: { debug: true } } }\n`);
    const hosts = converged(labelled);
    expect(
      plan(
        labelled,
        changed(hosts, 'agent1', (host) => ({
          ...host,
          node: { state: 'ready', labels: { ...host.node?.labels, mine: 'x' } },
        })),
      ),
    ).toEqual([]);
    expect(
      plan(
        lab,
        changed(hosts, 'agent2', (host) => ({
          ...host,
          node: { state: 'ready', labels: { ...host.node?.labels, mine: 'x' } },
        })),
      ),
    ).toContainEqual('update agent2: engine daemon {"debug":true} -> none, label tier removed');
  });

  it('runs scripts once, when they changed, or always', () => {
    const steps = ['once', 'on-change', 'always'].map((run) => `{ name: ${run}, run: ${run}, script: x }`).join(', ');
    const scripted = labFrom(
      `${classic}defaults: { provision: [${steps}], files: [{ target: /etc/a, content: b }] }\n`,
    );
    const marks = { files: { '/etc/a': 'f' }, scripts: { once: '1', 'on-change': '1', always: '1' } };
    const wish = (script: string): ReadonlyMap<string, PoolWish> =>
      new Map(
        scripted.pools.map(({ name }) => [
          name,
          {
            options: {},
            marks: { files: { '/etc/a': 'f' }, scripts: { once: script, 'on-change': script, always: script } },
          },
        ]),
      );
    const first = converged(scripted);
    expect(plan(scripted, first.slice(0, 1), wish('1'))[0]).toBe(
      'update manager: file /etc/a, run once, run on-change, run always',
    );
    const hosts = first.map((host) => ({ ...host, marks }));
    expect(new Set(plan(scripted, hosts, wish('1')).map((text) => text.replace(/ \w+:/, ':')))).toEqual(
      new Set(['run: run always']),
    );
    expect(plan(scripted, hosts, wish('2'))[0]).toBe('update manager: run on-change');
  });

  it('spreads hosts over zones by number', () => {
    const zoned = labFrom(classic.replace('names: agent%d', 'names: agent%d, zones: [a, b]'));
    expect(wantedHosts(zoned, []).map(({ name, zone }) => [name, zone])).toEqual([
      ['manager', undefined],
      ['agent1', 'a'],
      ['agent2', 'b'],
    ]);
  });

  it('counts in a footer', () => {
    const change = (action: LabChange['action']): LabChange => ({ what: 'host', name: 'x', action, details: [] });
    expect(planFooter([change('create'), change('create'), change('remove'), change('run')], 4)).toBe(
      '2 create · 1 remove  across 4 hosts',
    );
  });

  it('of five hundred hosts is made at once', () => {
    const large = labFrom(classic.replace('count: 2', 'count: 499'));
    expect(plan(large, converged(large))).toEqual([]);
    expect(plan(labFrom(classic.replace('count: 2', 'count: 480')), converged(large))).toHaveLength(19);
  });
});
