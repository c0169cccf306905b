import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mergeDaemonJson, type DaemonJsonOptions, type DaemonSettings } from '../../src/bootstrap/daemon-json.js';

const options: DaemonJsonOptions = { host: 'agent1', swarm: true, tls: true };
const merge = (current: string | undefined, settings: DaemonSettings, changes: Partial<DaemonJsonOptions> = {}) =>
  mergeDaemonJson(current, settings, { ...options, ...changes });

describe('mergeDaemonJson', () => {
  it('writes nothing when there is nothing to say', () => {
    expect(merge(undefined, {})).toEqual({ text: undefined, warnings: [] });
    expect(merge(' \n', {})).toEqual({ text: undefined, warnings: [] });
    expect(merge('{"debug":true}', {}).text).toBeUndefined();
  });

  it('makes a new file', () => {
    expect(merge(undefined, { dns: ['10.0.0.1'], mtu: 1400 }).text).toBe(
      '{\n  "dns": [\n    "10.0.0.1"\n  ],\n  "mtu": 1400\n}\n',
    );
  });

  it("adds to the user's keys, in their order", () => {
    const text = merge('{"log-driver":"local","debug":true}', { mtu: 1400 }).text;
    expect(text).toBe('{\n  "log-driver": "local",\n  "debug": true,\n  "mtu": 1400\n}\n');
  });

  it('leaves a file alone that says the same already, formatting and all', () => {
    expect(merge('{ "mtu":1400,"dns":[ "10.0.0.1" ] }', { dns: ['10.0.0.1'], mtu: 1400 })).toEqual({
      text: undefined,
      warnings: [],
    });
  });

  it('takes back what swarmup put there and no longer wants, and nothing else', () => {
    const former = {
      daemon: {
        'log-level': 'warn',
        debug: true,
        labels: ['zone=a', 'own=1'],
        'registry-mirrors': ['https://a.invalid'],
      },
      before: '{"debug":true,"labels":["own=1"]}',
    };
    const now = JSON.stringify({
      ...{ debug: true, labels: ['own=1', 'zone=a'], mtu: 1300, 'log-level': 'warn' },
      'registry-mirrors': ['https://theirs.invalid', 'https://a.invalid'],
    });
    const daemon = { 'log-level': 'info', debug: false, labels: ['zone=b'] };
    const { text, warnings } = merge(now, { daemon }, { former });
    expect(JSON.parse(text ?? '')).toEqual({
      ...{ debug: true, labels: ['own=1', 'zone=b'], mtu: 1300, 'log-level': 'info' },
      'registry-mirrors': ['https://theirs.invalid'],
    });
    expect(warnings).toEqual(['daemon.json of agent1 keeps its own debug (true, not false)']);
    // It never wrote there: all of it is the user's.
    const untouched = { ...former, before: undefined };
    expect(merge('{"log-level":"warn"}', { daemon: { 'log-level': 'info' } }, { former: untouched })).toEqual({
      text: undefined,
      warnings: ['daemon.json of agent1 keeps its own log-level ("warn", not "info")'],
    });
  });

  it('keeps what the user says otherwise, and warns', () => {
    expect(merge('{"mtu":9000}', { mtu: 1400, dns: ['10.0.0.1'] })).toEqual({
      text: '{\n  "mtu": 9000,\n  "dns": [\n    "10.0.0.1"\n  ]\n}\n',
      warnings: ['daemon.json of agent1 keeps its own mtu (9000, not 1400)'],
    });
  });

  it("joins labels with the user's", () => {
    const { text } = merge('{"labels":["zone=a","swarmup.managed=old"]}', { labels: ['swarmup.managed=true'] });
    expect(JSON.parse(text ?? '')).toEqual({ labels: ['zone=a', 'swarmup.managed=true'] });
    expect(merge(text, { labels: ['swarmup.managed=true'] }).text).toBeUndefined();
  });

  it.each(['{', '[]', 'null', '"x"', '{"a":1,}'])('refuses %j, which is no JSON object', (text) => {
    expect(() => merge(text, {})).toThrow(
      expect.objectContaining({ code: 'ENGINE_CONFIG_INVALID', host: 'agent1', hints: [expect.any(String)] }),
    );
  });

  it('refuses live-restore on a swarm node only', () => {
    const conflict = expect.objectContaining({
      code: 'ENGINE_CONFIG_CONFLICT',
      message: 'daemon.json of agent1 sets live-restore, which Docker does not allow in swarm mode',
    }) as Error;
    expect(() => merge('{"live-restore":true}', {})).toThrow(conflict);
    expect(merge('{"live-restore":false}', {}).text).toBeUndefined();
    expect(merge('{"live-restore":true}', {}, { swarm: false }).text).toBeUndefined();
  });

  it('refuses listeners and TLS settings of its own only where swarmup adds some', () => {
    const text = '{"hosts":["fd://"],"tlscacert":"/x"}';
    expect(() => merge(text, {})).toThrow(
      expect.objectContaining({
        code: 'ENGINE_CONFIG_CONFLICT',
        message: 'daemon.json of agent1 already sets the addresses that the engine listens on (hosts, tlscacert)',
      }),
    );
    expect(merge(text, {}, { tls: false }).text).toBeUndefined();
  });

  it("loses no key of the user's, and a second merge changes nothing", () => {
    const user = fc.dictionary(fc.stringMatching(/^[a-z-]{1,12}$/), fc.jsonValue()).filter((d) => !('hosts' in d));
    fc.assert(
      fc.property(user, (keys) => {
        const settings = { dns: ['10.0.0.1'], mtu: 1400 };
        const before = JSON.stringify(keys);
        const after = merge(before, settings, { swarm: false, tls: false }).text ?? before;
        expect(JSON.parse(after)).toMatchObject(JSON.parse(before) as object);
        expect(merge(after, settings, { swarm: false, tls: false }).text).toBeUndefined();
      }),
    );
  });
});
