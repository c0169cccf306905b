import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitFor } from '../../src/lib/abort.js';
import type { EngineClient } from '../../src/lib/engine-client.js';
import {
  engineInfo,
  initSwarm,
  inspectSwarm,
  joinSwarm,
  leaveSwarm,
  removeNode,
  swarmNode,
  swarmNodes,
  updateNode,
} from '../../src/swarm/swarm-api.js';

/** An engine under contract, in no swarm at first. */
export interface ContractEngine {
  readonly engine: EngineClient;
  /** Where the other two reach it. */
  readonly address: string;
  readonly powerOff: () => Promise<void>;
}

interface ContractEngines extends AsyncDisposable {
  readonly engines: readonly [ContractEngine, ContractEngine, ContractEngine];
}

const signal = undefined;
const addressPool = '10.88.0.0/16';

const refusal = (status: number, said: string): object => ({
  code: `ENGINE_${status}`,
  message: expect.stringContaining(said) as unknown,
});

/**
 * What operations may expect of engines in swarm mode. It runs on the fake ones of the unit tests and on real ones, so
 * that the fakes cannot come to lie. The tests are one story: each goes on where the one before ended.
 */
export function engineContract(open: () => Promise<ContractEngines>): void {
  describe('engines in swarm mode', () => {
    let lab: ContractEngines;
    let [a, b, c] = [] as unknown as ContractEngines['engines'];
    beforeAll(async () => {
      lab = await open();
      [a, b, c] = lab.engines;
    });
    afterAll(async () => {
      await lab[Symbol.asyncDispose]();
    });
    const join = async (joining: ContractEngine, through: ContractEngine, token: string): Promise<void> =>
      joinSwarm(joining.engine, {
        advertiseAddr: joining.address,
        remoteAddrs: [`${through.address}:2377`],
        token,
        signal,
      });
    const tokens = async () => (await inspectSwarm(a.engine, signal)).JoinTokens;
    const nodeIdOf = async ({ engine }: ContractEngine) => (await engineInfo(engine, signal)).Swarm.NodeID;

    it('know that they are in none', async () => {
      expect((await engineInfo(a.engine, signal)).Swarm).toEqual({
        NodeID: '',
        NodeAddr: '',
        LocalNodeState: 'inactive',
        ControlAvailable: false,
        Error: '',
        RemoteManagers: null,
      });
      const notManager = refusal(503, 'This node is not a swarm manager.');
      await expect(inspectSwarm(a.engine, signal)).rejects.toMatchObject(notManager);
      await expect(swarmNodes(a.engine, signal)).rejects.toMatchObject(notManager);
      await expect(swarmNode(a.engine, 'x', signal)).rejects.toMatchObject(notManager);
      await expect(a.engine.request('GET', '/tasks')).rejects.toMatchObject(notManager);
      for (const force of [false, true])
        await expect(leaveSwarm(a.engine, { force, signal })).rejects.toMatchObject(
          refusal(503, 'This node is not part of a swarm'),
        );
    });

    it('make a swarm, once', async () => {
      const init = { advertiseAddr: a.address, addressPool, signal };
      const nodeId = await initSwarm(a.engine, init);
      const { Swarm } = await engineInfo(a.engine, signal);
      expect(Swarm).toMatchObject({
        NodeID: nodeId,
        NodeAddr: a.address,
        LocalNodeState: 'active',
        ControlAvailable: true,
        Error: '',
        RemoteManagers: [{ NodeID: nodeId, Addr: `${a.address}:2377` }],
        Cluster: { ID: (await inspectSwarm(a.engine, signal)).ID },
      });
      expect((await inspectSwarm(a.engine, signal)).DefaultAddrPool).toEqual([addressPool]);
      await expect(initSwarm(a.engine, init)).rejects.toMatchObject(
        refusal(503, 'This node is already part of a swarm.'),
      );
    });

    it('refuse tokens and addresses that are wrong', async () => {
      await expect(join(b, a, 'SWMTKN-1-x-y')).rejects.toMatchObject(refusal(500, 'invalid join token'));
      const { Worker: token } = await tokens();
      const other = `${token.slice(0, -3)}${token.endsWith('abc') ? 'abd' : 'abc'}`;
      await expect(join(b, a, other)).rejects.toMatchObject(
        refusal(400, 'A valid join token is necessary to join this cluster'),
      );
      await expect(join(b, c, token)).rejects.toMatchObject(refusal(503, 'connection refused'));
    });

    it('join as workers, which know neither nodes nor the ID of their swarm', async () => {
      await join(b, a, (await tokens()).Worker);
      const { Swarm } = await engineInfo(b.engine, signal);
      expect(Swarm).toMatchObject({
        NodeAddr: b.address,
        LocalNodeState: 'active',
        ControlAvailable: false,
        Error: '',
        RemoteManagers: [{ Addr: `${a.address}:2377` }],
      });
      expect(Swarm).not.toHaveProperty('Cluster');
      const onlyWorker = refusal(503, "Worker nodes can't be used to view or modify cluster state.");
      await expect(swarmNodes(b.engine, signal)).rejects.toMatchObject(onlyWorker);
      await expect(inspectSwarm(b.engine, signal)).rejects.toMatchObject(onlyWorker);
      await expect(join(b, a, (await tokens()).Worker)).rejects.toMatchObject(
        refusal(503, 'This node is already part of a swarm.'),
      );
    });

    it('list their nodes', async () => {
      const [idA, idB] = [await nodeIdOf(a), await nodeIdOf(b)];
      await waitFor({ timeoutMs: 30_000, what: 'the worker to be ready' }, async () =>
        (await swarmNode(a.engine, idB, signal)).Status.State === 'ready' ? true : undefined,
      );
      const nodes = await swarmNodes(a.engine, signal);
      expect(nodes.find((node) => node.ID === idA)).toMatchObject({
        Spec: { Labels: {}, Role: 'manager', Availability: 'active' },
        Status: { State: 'ready', Addr: a.address },
        ManagerStatus: { Leader: true, Reachability: 'reachable', Addr: `${a.address}:2377` },
      });
      const worker = nodes.find((node) => node.ID === idB);
      expect(worker).toMatchObject({
        Spec: { Labels: {}, Role: 'worker', Availability: 'active' },
        Status: { State: 'ready', Addr: b.address },
      });
      expect(worker).not.toHaveProperty('ManagerStatus');
      await expect(swarmNode(a.engine, 'no-such-node', signal)).rejects.toMatchObject(
        refusal(404, 'node no-such-node not found'),
      );
      expect(await a.engine.request('GET', '/services')).toEqual([]);
      expect(await a.engine.request('GET', '/tasks', { query: { filters: JSON.stringify({ node: [idB] }) } })).toEqual(
        [],
      );
    });

    it('change a node only in the version that was read', async () => {
      const nodeId = await nodeIdOf(b);
      const label = (spec: Parameters<Parameters<typeof updateNode>[2]>[0]) => ({ ...spec, Labels: { colour: 'red' } });
      expect(await updateNode(a.engine, nodeId, label, signal)).toBe('changed');
      expect(await updateNode(a.engine, nodeId, label, signal)).toBe('unchanged');
      const { Spec } = await swarmNode(a.engine, nodeId, signal);
      expect(Spec.Labels).toEqual({ colour: 'red' });
      const update = (query: Record<string, string>, body: unknown): Promise<unknown> =>
        a.engine.request('POST', `/nodes/${nodeId}/update`, { query, body });
      await expect(update({ version: '1' }, Spec)).rejects.toMatchObject(refusal(500, 'update out of sequence'));
      await expect(update({}, Spec)).rejects.toMatchObject(refusal(400, "invalid node version ''"));
      await expect(update({ version: '1' }, {})).rejects.toMatchObject(refusal(400, 'invalid Role: ""'));
    });

    it('remove no node that is not down, and no manager', async () => {
      const [idA, idB] = [await nodeIdOf(a), await nodeIdOf(b)];
      await expect(removeNode(a.engine, idB, { force: false, signal })).rejects.toMatchObject(
        refusal(400, `node ${idB} is not down and can't be removed`),
      );
      await expect(removeNode(a.engine, idA, { force: true, signal })).rejects.toMatchObject(
        refusal(400, 'It must be demoted to worker before removal'),
      );
    });

    it('keep their last manager', async () => {
      const demote = updateNode(a.engine, await nodeIdOf(a), (spec) => ({ ...spec, Role: 'worker' }), signal);
      await expect(demote).rejects.toMatchObject(refusal(400, 'attempting to demote the last manager of the swarm'));
      await expect(leaveSwarm(a.engine, { force: false, signal })).rejects.toMatchObject(
        refusal(503, 'Removing the last manager erases all current state'),
      );
    });

    it('let a worker go; its node stays until it is removed by force', async () => {
      const nodeId = await nodeIdOf(b);
      await leaveSwarm(b.engine, { force: false, signal });
      expect((await engineInfo(b.engine, signal)).Swarm).toMatchObject({ NodeID: '', LocalNodeState: 'inactive' });
      expect((await swarmNode(a.engine, nodeId, signal)).ID).toBe(nodeId);
      await removeNode(a.engine, nodeId, { force: true, signal });
      await expect(removeNode(a.engine, nodeId, { force: true, signal })).rejects.toMatchObject(
        refusal(404, `node ${nodeId} not found`),
      );
    });

    it('let a manager go after it was demoted', async () => {
      await join(b, a, (await tokens()).Manager);
      const nodeId = await nodeIdOf(b);
      expect((await engineInfo(b.engine, signal)).Swarm).toMatchObject({
        ControlAvailable: true,
        Cluster: { ID: (await inspectSwarm(a.engine, signal)).ID },
      });
      await expect(leaveSwarm(b.engine, { force: false, signal })).rejects.toMatchObject(
        refusal(503, 'Removing this node leaves 1 managers out of 2.'),
      );
      await updateNode(a.engine, nodeId, (spec) => ({ ...spec, Role: 'worker' }), signal);
      await waitFor({ timeoutMs: 30_000, what: 'the demotion' }, async () =>
        (await swarmNode(a.engine, nodeId, signal)).ManagerStatus === undefined ? true : undefined,
      );
      await leaveSwarm(b.engine, { force: true, signal });
      await removeNode(a.engine, nodeId, { force: true, signal });
      expect(await swarmNodes(a.engine, signal)).toHaveLength(1);
    });

    it('have no leader, and no cluster ID, when half of the managers are gone', async () => {
      await join(c, a, (await tokens()).Manager);
      await c.powerOff();
      // While it still waits for the others an engine says that it waited for too long.
      const state = await waitFor({ timeoutMs: 90_000, what: 'the leader to see it' }, async () => {
        const { Swarm } = await engineInfo(a.engine, signal);
        return Swarm.Error.includes('The swarm does not have a leader.') ? Swarm : undefined;
      });
      expect(state).toMatchObject({ LocalNodeState: 'active', ControlAvailable: true, Cluster: { ID: '' } });
      await expect(swarmNodes(a.engine, signal)).rejects.toMatchObject(
        refusal(500, 'The swarm does not have a leader.'),
      );
      await leaveSwarm(a.engine, { force: true, signal });
      expect((await engineInfo(a.engine, signal)).Swarm.LocalNodeState).toBe('inactive');
    });
  });
}
