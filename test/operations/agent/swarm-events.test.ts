import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { waitFor } from '../../../src/lib/abort.js';
import { agentStatus } from '../../../src/operations/steps/agent-access.js';
import { followSwarmEvents, swarmEvents, type SwarmEvent } from '../../../src/operations/agent/swarm-events.js';
import { event, ServiceSwarm } from '../../support/service-swarm.js';

let swarm: ServiceSwarm;
beforeEach(async () => {
  swarm = await ServiceSwarm.start(['m1', 'm2']);
});
afterEach(() => swarm[Symbol.asyncDispose]());

const until = (what: string, when: () => boolean) =>
  waitFor({ timeoutMs: 10_000, what, intervalMs: 10 }, async () => (when() ? true : undefined));

describe('events', () => {
  it('of all managers are told in the order of time, with those that do not answer', async () => {
    swarm.addAgent('m1', {}, [
      event(1, '2026-11-21T10:00:01.000Z', { service: 'web' }),
      event(2, '2026-11-21T10:00:03.000Z'),
    ]);
    swarm.addAgent('m2', {}, [event(1, '2026-11-21T10:00:02.000Z', { service: 'web' })]);
    const all = await swarmEvents(swarm.context, { swarm: 'default' });
    expect(all.events.map(({ host, seq }) => `${host}:${seq}`)).toEqual(['m1:1', 'm2:1', 'm1:2']);
    swarm.agents.delete('m2');
    const some = await swarmEvents(swarm.context, { swarm: 'default', service: 'web' });
    expect(some.events.map(({ host, seq }) => `${host}:${seq}`)).toEqual(['m1:1']);
    expect(some.unanswered).toMatchObject([
      { host: 'm2', message: expect.stringMatching(/^the agent of m2/) as unknown },
    ]);
  });

  it('need an agent', async () => {
    await expect(swarmEvents(swarm.context, { swarm: 'default' })).rejects.toMatchObject({
      code: 'NO_AGENT',
      exitCode: 6,
      hints: expect.arrayContaining(['swarmup agent install installs them']) as unknown,
    });
    await expect(swarmEvents(swarm.context, { swarm: 'other' })).rejects.toMatchObject({ code: 'SWARM_UNKNOWN' });
  });

  it('are followed over the restart of an agent, none twice and none lost, until the end', async () => {
    const agent = swarm.addAgent('m1', {}, [event(1, '2026-11-21T10:00:01.000Z')]);
    const seen: SwarmEvent[] = [];
    const following = followSwarmEvents(swarm.context, { swarm: 'default' }, (one) => seen.push(one));
    await until('a follower', () => agent.followers.size === 1);
    const [first] = agent.followers;
    agent.events.push(event(2, '2026-11-21T10:00:02.000Z'));
    first?.write(`${JSON.stringify(agent.events[1])}\n`);
    await until('the second event', () => seen.length === 2);
    agent.followers.clear();
    agent.events.push(event(3, '2026-11-21T10:00:03.000Z'));
    first?.destroy();
    await until('the third event', () => seen.length === 3);
    swarm.abort.abort(new Error('enough'));
    await following;
    expect(seen.map(({ host, seq }) => `${host}:${seq}`)).toEqual(['m1:1', 'm1:2', 'm1:3']);
    expect(swarm.reports.filter(({ type }) => type === 'warning')).toHaveLength(2);
  });
});

describe('an agent that answers nonsense', () => {
  it('is reported as one that does not answer', async () => {
    swarm.addAgent('m1', undefined as never);
    const record = await swarm.context.store.require('m1');
    await expect(agentStatus(swarm.context, record)).rejects.toMatchObject({ code: 'AGENT_UNREACHABLE', host: 'm1' });
  });
});
