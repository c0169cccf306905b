import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  currentDesiredState,
  declaredFor,
  defaultSettings,
  desiredStateName,
  parseDesiredState,
  revisionOf,
  serialiseDesiredState,
  wantedReplicas,
  type DesiredState,
} from '../../src/agent/desired-state.js';

const web: DesiredState = {
  schemaVersion: 1,
  services: { web: { replicas: 3, min: 2, max: 5, maxPerNode: 2, rebalance: 'never', paused: true } },
  settings: defaultSettings,
};
const config = (revision: number, text: string) => ({
  ID: `id${revision}`,
  Spec: { Name: desiredStateName(revision), Data: Buffer.from(text).toString('base64') },
});

describe('the config object', () => {
  it('comes back as it was written', () => {
    expect(parseDesiredState(serialiseDesiredState(web))).toEqual({ state: web, problems: [] });
  });

  it('with one malformed entry still gives all others', () => {
    const services = {
      web: { replicas: 3 },
      text: 'three',
      negative: { replicas: -1 },
      fraction: { replicas: 1.5 },
      crossed: { replicas: 3, min: 5, max: 2 },
      outside: { replicas: 9, max: 5 },
      none: {},
      foreign: { replicas: 1, spec: { Name: 'other', Mode: { Replicated: {} } } },
      later: { replicas: 2, zone: 'a' },
    };
    const { state, problems } = parseDesiredState(JSON.stringify({ schemaVersion: 1, services }));
    expect(Object.keys(state?.services ?? {})).toEqual(['web', 'later']);
    expect(problems.map(({ where, message }) => `${where}: ${message}`)).toEqual([
      'service text: its entry is not an object',
      'service negative: replicas is -1, not a whole number from 0 to 10000',
      'service fraction: replicas is 1.5, not a whole number from 0 to 10000',
      'service crossed: min 5 is above max 2',
      'service outside: replicas 9 is above max 5',
      'service none: replicas is nothing, not a whole number from 0 to 10000',
      'service foreign: its stored spec is not the spec of a replicated service with this name',
      'service later: has an unknown field zone',
    ]);
  });

  it('with wrong settings keeps their defaults', () => {
    const settings = { rebalance: false, promote: { enabled: 'yes', managers: 4 }, colour: 1 };
    const { state, problems } = parseDesiredState(JSON.stringify({ schemaVersion: 1, settings }));
    expect(state?.settings).toEqual({
      rebalance: { enabled: false, rollbackGraceSeconds: null },
      promote: defaultSettings.promote,
    });
    expect(problems.map(({ where }) => where)).toEqual([
      'settings',
      'settings.promote.enabled',
      'settings.promote.managers',
    ]);
  });

  it('never throws, whatever it holds', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        const { state, problems } = parseDesiredState(text);
        expect(state !== undefined || problems.length > 0).toBe(true);
      }),
    );
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.jsonValue(), (services, settings) => {
        const { state } = parseDesiredState(JSON.stringify({ schemaVersion: 1, services, settings }));
        expect(state).toBeDefined();
      }),
    );
  });
});

describe('of several revisions', () => {
  const older = serialiseDesiredState({ ...web, services: { web: { replicas: 1 } } });
  const newer = serialiseDesiredState({ ...web, services: { web: { replicas: 2 } } });
  it('the highest number holds, not the highest name', () => {
    const { revision, state } = currentDesiredState([config(9, older), config(10, newer)]);
    expect([revision, state.services['web']?.replicas]).toEqual([10, 2]);
  });
  it('one that is no JSON counts as not written', () => {
    const { revision, problems } = currentDesiredState([config(1, older), config(2, '{"schema')]);
    expect([revision, problems.length]).toEqual([1, 1]);
  });
  it('one of a newer swarmup puts older ones out of force', () => {
    const { revision, state, problems } = currentDesiredState([config(1, older), config(2, '{"schemaVersion":2}')]);
    expect([revision, state.services, problems[0]?.message]).toEqual([
      2,
      {},
      'has schemaVersion 2, which a newer swarmup wrote: upgrade the agent',
    ]);
  });
  it('other config objects do not count', () => {
    expect(['swarmup.replicas.', 'swarmup.replicas.01', 'swarmup.replicas.x', 'nginx'].map(revisionOf)).toEqual(
      Array(4).fill(undefined),
    );
  });
});

describe('labels and config', () => {
  it('are merged field by field, the config wins', () => {
    const labels = { 'swarmup.replicas': '2', 'swarmup.replicas.max': '4', 'swarmup.rebalance': 'never' };
    expect(declaredFor('web', labels, { replicas: 3 })).toEqual({
      target: { replicas: 3, max: 4, rebalance: 'never' },
      declaredBy: 'both',
      problems: [],
    });
  });
  it('that contradict each other give no target', () => {
    const { target, problems } = declaredFor('web', { 'swarmup.replicas.max': '2' }, { replicas: 3 });
    expect([target, problems[0]?.message]).toEqual([undefined, 'replicas 3 is above max 2']);
  });
  it('a malformed label is left out and reported', () => {
    const { target, problems } = declaredFor(
      'web',
      { 'swarmup.replicas': 'many', 'swarmup.replicas.mim': '1' },
      undefined,
    );
    expect(target).toBeUndefined();
    expect(problems.map(({ message }) => message)).toEqual([
      'label swarmup.replicas is "many", not a whole number from 0 to 10000',
      'has an unknown label swarmup.replicas.mim',
    ]);
  });
  it('a service without any is nobody’s business', () => {
    expect(declaredFor('web', { 'swarmup.rebalance': 'never' }, undefined).declaredBy).toBeUndefined();
    expect(declaredFor('web', null, undefined)).toEqual({ target: undefined, declaredBy: undefined, problems: [] });
  });
});

it('a count within the bounds is left alone, one outside goes to the nearer end', () => {
  expect([0, 2, 4, 9].map((have) => wantedReplicas({ replicas: 3, min: 2, max: 5 }, have))).toEqual([2, 2, 4, 5]);
  expect([0, 9].map((have) => wantedReplicas({ replicas: 3 }, have))).toEqual([3, 3]);
  expect([0, 9].map((have) => wantedReplicas({ replicas: 3, max: 5 }, have))).toEqual([3, 5]);
});
