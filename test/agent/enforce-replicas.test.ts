import { describe, expect, it } from 'vitest';
import { enforceReplicas } from '../../src/agent/enforce-replicas.js';
import { readSettings } from '../../src/agent/limits.js';
import { newServiceMemory, type ServiceMemory } from '../../src/agent/memory.js';
import { serviceSpec, SimulatedSwarm } from './simulated-swarm.js';

const { limits } = readSettings({});

describe('drift of a service', () => {
  /** What is decided of web, which has 5 replicas and should have 3, after so long. */
  const after = (ms: number, memory: Partial<ServiceMemory> = {}, update?: string) => {
    const swarm = new SimulatedSwarm(1, 0);
    swarm.create(serviceSpec('web', 5));
    swarm.setUpdateState('web', update ?? null);
    const service = swarm.services.get('web');
    if (service === undefined) throw new Error('no service');
    const known = { ...newServiceMemory(0), driftSinceMs: 0, ...memory };
    const { action, conditions, state } = enforceReplicas(service, { replicas: 3 }, known, limits, ms);
    return { isCorrected: action !== undefined, state, told: conditions.map(({ message }) => message) };
  };

  it('is corrected when it has lasted', () => {
    expect(after(limits.holdMs - 1)).toEqual({ isCorrected: false, state: 'drift', told: [] });
    expect(after(limits.holdMs)).toEqual({ isCorrected: true, state: 'drift', told: [] });
  });

  it('is corrected slowly while its tasks fail again and again: each correction would start more of them', () => {
    const failing = { failureTimesMs: [100, 200, 300], lackingSinceMs: 0 };
    const told = ['web keeps failing, so its replica count is corrected slowly'];
    expect(after(29_000, failing)).toEqual({ isCorrected: false, state: 'drift', told });
    expect(after(30_000, failing)).toEqual({ isCorrected: true, state: 'drift', told });
    // Two may happen to anybody.
    expect(after(1_000, { failureTimesMs: [100, 200], lackingSinceMs: 0 }).isCorrected).toBe(true);
  });

  it.each([
    ['updating', 'is being updated'],
    ['paused', 'has a paused update'],
    ['rollback_started', 'is being rolled back'],
    ['rollback_paused', 'has a paused rollback'],
  ])('waits while an update is %s', (state, why) => {
    expect(after(60_000, {}, state)).toEqual({
      isCorrected: false,
      state: 'held',
      told: [`web has 5 replicas, not 3, but ${why}: not changed until that has ended`],
    });
  });
});
