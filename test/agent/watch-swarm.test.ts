import { describe, expect, it } from 'vitest';
import type { Condition } from '../../src/agent/action.js';
import type { ObservedNode, ObservedTask } from '../../src/agent/observation.js';
import { hostConditions, nodeConditions, stuckCondition, versionCondition } from '../../src/agent/watch-swarm.js';
import { serviceSpec, SimulatedSwarm } from './simulated-swarm.js';

const said = (conditions: readonly Condition[]): readonly string[] =>
  conditions.map(({ level, kind, message }) => `${level} ${kind}: ${message}`);

describe('what is watched, and told when it is wrong', () => {
  it('tasks that wait, with the reason', () => {
    const swarm = new SimulatedSwarm(1, 0);
    swarm.create(serviceSpec('web', 3));
    const service = [...swarm.services.values()][0];
    if (service === undefined) throw new Error('no service');
    const task = (state: string, err: string): ObservedTask => ({
      ID: 't1',
      ServiceID: service.ID,
      DesiredState: 'running',
      Status: { State: state, Err: err },
    });
    const why = 'no suitable node (scheduling constraints not satisfied on 1 node)';
    expect(said([stuckCondition(service, [task('pending', why)], 1)])).toEqual([
      `warning tasks-stuck: web runs 1 of 3 tasks: ${why}`,
    ]);
    expect(said([stuckCondition(service, [task('rejected', 'No such image: web:1')], 0)])).toEqual([
      'warning tasks-stuck: web runs 0 of 3 tasks: No such image: web:1',
    ]);
  });

  it('nodes that are not Ready, and engines of several versions', () => {
    const swarm = new SimulatedSwarm(2, 1);
    swarm.setNode('w1', 'down');
    expect(said(nodeConditions(swarm.nodes))).toEqual(['warning node-state: node w1 is down']);
    expect(versionCondition(swarm.nodes)).toEqual([]);
    const newer = (node: ObservedNode): ObservedNode => ({
      ...node,
      Description: { ...node.Description, Engine: { EngineVersion: '28.0.0' } },
    });
    expect(said(versionCondition(swarm.nodes.map((node, i) => (i === 0 ? newer(node) : node))))).toEqual([
      'info version-skew: the engines have different versions: 20.10.24 on m2, w1; 28.0.0 on m1',
    ]);
  });

  it('certificates that end soon, and a disk that fills up', () => {
    const day = 86_400_000;
    const host = (days: number, diskUsedPercent: number) =>
      said(
        hostConditions(
          { certificates: [{ what: 'the node certificate', expiresMs: days * day }], diskUsedPercent },
          0,
          'm1',
        ),
      );
    expect(host(60, 84)).toEqual([]);
    expect(host(13, 86)).toEqual([
      'warning certificate-expiry: the node certificate of m1 expires in 13 days',
      "warning disk-full: the disk of m1 that holds Docker's data is 86 % full",
    ]);
    expect(host(-1, 96)).toEqual([
      'error certificate-expiry: the node certificate of m1 has expired',
      "error disk-full: the disk of m1 that holds Docker's data is 96 % full",
    ]);
  });
});
