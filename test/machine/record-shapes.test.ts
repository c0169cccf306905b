import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { machineFormat, parseRecord, swarmFormat } from '../../src/machine/record-schema.js';
import { soundMachine, soundSwarm } from '../../src/machine/record-shapes.js';
import { machineRecord } from './machine-record.js';

const jump = { host: 'j', port: 22, user: 'u', identityFiles: [], policy: { knownHosts: [], unknown: 'ask' } };
const login = { identityFiles: ['k'], agent: 'a', identitiesOnly: true, jumps: [jump], policy: jump.policy };
const endpoint = { host: '10.0.0.1', port: 22, user: 'root', hostKey: 'ssh-ed25519 AAAA', login } as const;

const whole = {
  ...machineRecord('a', { swarm: 'lab', role: 'manager', phase: 'ready', nodeId: 'n', formerNodeId: 'f' }),
  endpoint,
  driverState: { container: 'c' },
  engine: { url: 'tcp://10.0.0.1:2376', certPath: 'certs' },
  engineSettings: {
    version: '28',
    tlsSans: ['x'],
    tls: true,
    daemon: { debug: true },
    env: { A: 'b' },
    installUrl: 'u',
  },
  lab: { name: 'lab', pool: 'p', labels: { a: 'b' }, manifest: '/lab/swarmup.yaml' },
  ofNewerVersion: { kept: true },
};
const swarm = { schemaVersion: 1, name: 'a', clusterId: 'c', createdAt: '', agent: true };
const custodies = [
  undefined,
  { type: 'keyring' },
  { type: 'key-file', keyFile: 'k' },
  { type: 'command', command: 'c' },
];

const source = { path: 'machine.json', what: 'host a', name: 'a' };

/** A part of it is left out, or becomes something else. */
const changed = (value: unknown): fc.Arbitrary<unknown> => {
  const other = fc.oneof(fc.constantFrom(null, '', 1, 1.5, true, [], {}, 'manager', undefined), fc.jsonValue());
  if (typeof value !== 'object' || value === null) return other;
  const entries = Object.entries(value);
  if (entries.length === 0) return other;
  const below = fc
    .constantFrom(...entries)
    .chain(([key, part]) => changed(part).map((next) => Object.assign(structuredClone(value), { [key]: next })));
  return fc.oneof({ weight: 1, arbitrary: other }, { weight: 6, arbitrary: below });
};

describe('a record that is just right', () => {
  it.each([whole, machineRecord('a')])('is read without the schema library', (record) => {
    expect(soundMachine(JSON.stringify(record), 'a')).toEqual(JSON.parse(JSON.stringify(record)));
  });

  it.each(custodies)('is read without it, of a swarm with keys kept in %j', (keyCustody) => {
    const text = JSON.stringify({ ...swarm, keyCustody });
    expect(soundSwarm(text, 'a')).toEqual(parseRecord(swarmFormat, text, source));
  });

  it('is what the schema makes of it', () => {
    const texts = changed(whole).map((value) => JSON.stringify(value) as string | undefined);
    fc.assert(
      fc.property(texts, (text) => {
        const found = soundMachine(text ?? '', 'a');
        if (found !== undefined) expect(found).toEqual(parseRecord(machineFormat, text ?? '', source));
      }),
      { numRuns: 2000 },
    );
  });

  it('has no key that the schema would drop', () => {
    const text = JSON.stringify(whole).replace('"options":{', '"options":{"__proto__":{"x":1}');
    expect(text).toContain('__proto__');
    expect(soundMachine(text, 'a')).toBeUndefined();
  });
});
