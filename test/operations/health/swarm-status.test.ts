import { describe, expect, it } from 'vitest';
import { killHosts } from '../../../src/operations/hosts/power.js';
import { swarmStatus } from '../../../src/operations/health/swarm-status.js';
import { openLab } from '../../support/lab.js';

describe('the status of a swarm', () => {
  it('is healthy when its managers reach each other and its nodes are Ready', async () => {
    await using lab = await openLab();
    await lab.create('m1 m2 m3 a', { managers: 3 });
    const status = await swarmStatus(lab.process().context, 'default');
    expect(status).toMatchObject({
      healthy: true,
      summary: '3 managers: survives 1 failure',
      strength: { managers: 3, reachable: 3, quorum: 2, spare: 1 },
      versions: [{ version: '20.10.24+dfsg1', nodes: ['m1', 'm2', 'm3', 'a'] }],
      autolock: { on: false, custody: null },
      addressPools: { pools: ['198.18.0.0/15'], prefix: 24, used: 0, subnets: 512 },
      services: 0,
      findings: [],
      said: [],
    });
    expect(status.nodes.map(({ name }) => name)).toEqual(['m1', 'm2', 'm3', 'a']);
  });

  it('warns of two managers, which one failure stops', async () => {
    await using lab = await openLab();
    await lab.create('m1 m2 a', { managers: 2 });
    const { healthy, summary, findings } = await swarmStatus(lab.process().context, 'default');
    expect([healthy, summary]).toEqual([true, '2 managers: loses quorum with 1 failure']);
    expect(findings).toMatchObject([{ check: 'manager-count', severity: 'warning', fix: 'swarmup node promote a' }]);
  });

  it('is unhealthy when a manager or a worker is lost, and says what the manager says itself', async () => {
    await using lab = await openLab();
    await lab.create('m1 m2 m3 a', { managers: 3 });
    lab.host('m2').engine.lock();
    await killHosts(lab.process().context, ['a']);
    const { healthy, summary, findings } = await swarmStatus(lab.process().context, 'default');
    expect([healthy, summary]).toEqual([false, '3 managers, 2 reachable: loses quorum with 1 failure']);
    expect(findings).toMatchObject([
      {
        check: 'manager',
        severity: 'error',
        hosts: ['m2'],
        message: 'the other managers cannot reach the host (m2 is locked: it needs the unlock key)',
        fix: 'swarmup swarm unlock m2',
      },
      { check: 'node', severity: 'error', hosts: ['a'], message: 'the node of the host is down' },
    ]);
  });

  it('without a quorum tells what each manager says, and what brings it back', async () => {
    await using lab = await openLab();
    await lab.create('m1 m2 m3 a', { managers: 3 });
    await killHosts(lab.process().context, ['m2'], { force: true });
    lab.host('m3').engine.lock();
    const status = await swarmStatus(lab.process().context, 'default');
    expect(status).toMatchObject({
      healthy: false,
      summary: '3 managers, 1 reachable: the quorum is lost',
      manager: null,
      nodes: [],
      findings: [{ check: 'quorum', severity: 'error', hosts: ['m1', 'm2', 'm3'] }],
    });
    expect(status.said.map(({ host }) => host).sort()).toEqual(['m1', 'm2', 'm3']);
    expect(status.said.find(({ host }) => host === 'm1')?.message).toContain('does not have a leader');
    expect(status.said.find(({ host }) => host === 'm3')?.message).toContain('locked');
    expect(status.findings[0]?.fix).toMatch(/swarmup swarm unlock;.*swarmup swarm recover/);
  });

  it('says of managers that are off or gone what became of them, and what helps', async () => {
    await using lab = await openLab();
    await lab.create('m a');
    await killHosts(lab.process().context, ['m'], { force: true });
    const off = await swarmStatus(lab.process().context, 'default');
    expect(off.said).toEqual([{ host: 'm', message: 'm is stopped' }]);
    expect(off.findings[0]?.fix).toContain('swarmup start m');
    for (const [id, { identity }] of lab.world.hosts) if (identity.name === 'm') lab.world.hosts.delete(id);
    const gone = await swarmStatus(lab.process().context, 'default');
    expect(gone.said).toEqual([{ host: 'm', message: 'm is gone' }]);
    expect(gone.findings[0]?.fix).toMatch(/^swarmup swarm restore FILE/);
  });

  it('tells hosts that are no nodes of it, and nodes that hosts were before', async () => {
    await using lab = await openLab();
    await lab.create('m a b');
    const old = lab.host('a').engine.nodeId ?? '';
    lab.host('a').engine.reset();
    lab.clusterOf('m').noticeLosses();
    const again = lab.clusterOf('m').add({
      role: 'worker',
      hostname: 'a',
      address: '192.0.2.77',
      isAlive: () => true,
    });
    await lab.store.update('a', (record) => ({ ...record, nodeId: again }));
    await lab.store.update('b', (record) => ({ ...record, nodeId: null }));
    const { healthy, findings } = await swarmStatus(lab.process().context, 'default');
    expect(healthy).toBe(true);
    expect(findings).toMatchObject([
      { check: 'former-node', message: `an earlier node of the host (${old}) is still listed` },
      { check: 'host', hosts: ['b'], fix: 'swarmup swarm join b' },
    ]);
  });

  it('knows only swarms that are on record', async () => {
    await using lab = await openLab();
    await expect(swarmStatus(lab.process().context, 'prod')).rejects.toMatchObject({ code: 'SWARM_UNKNOWN' });
  });
});
