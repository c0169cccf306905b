import { describe, expect, it } from 'vitest';
import { SwarmupError } from '../../src/lib/errors.js';
import { extendedFiles, readManifest } from '../../src/lab/read-manifest.js';
import { classic, labFrom, schema } from './lab-text.js';

const read = (text: string, env: Record<string, string> = {}) =>
  readManifest([{ path: 'swarmup.yaml', text }], env, schema);

function refusal(text: string): SwarmupError {
  try {
    read(text);
  } catch (error) {
    if (error instanceof SwarmupError) return error;
    throw error;
  }
  throw new Error('it was accepted');
}

const managers = '  managers: { role: manager }\n';
const head = `version: 1\nname: lab\npools:\n${managers}`;

describe('a manifest', () => {
  it('is a lab, with the defaults in its pools', () => {
    const lab = labFrom(`${classic}defaults:
  driver: docker
  options: { docker: { memory: 512 } }
  labels: { tier: any }
  engine: { options: { log-level: debug }, labels: { a: 1 } }
`);
    expect(lab.pools.map(({ name, role, count, names, driver }) => [name, role, count, names, driver])).toEqual([
      ['managers', 'manager', 1, 'manager', 'docker'],
      ['agents', 'worker', 2, 'agent%d', 'docker'],
    ]);
    expect(lab.pools[1]).toMatchObject({
      options: { docker: { memory: 512 } },
      labels: { tier: 'any' },
      engine: { tls: true, tlsSans: [], daemon: { 'log-level': 'debug', labels: ['a=1'] } },
    });
  });

  it('is laid over others: maps are merged, lists replaced, nothing takes away', () => {
    const lab = labFrom(
      `${classic}defaults: { zones: [a, b], labels: { x: 1, y: 2 } }\nprotect: true\n`,
      'extends: 0.yaml\ndefaults: { zones: [c], labels: { x: null } }\npools: { agents: { count: 5 } }\n',
    );
    expect(lab.protect).toBe(true);
    expect(lab.pools[1]).toMatchObject({ count: 5, names: 'agent%d', zones: ['c'], labels: { y: '2' } });
    expect(lab.pools[1]?.labels).not.toHaveProperty('x');
  });

  it('may have keys with nothing after them', () => {
    expect(read(`${head}stacks:\nservices: null\n`).manifest).not.toHaveProperty('stacks');
    expect(refusal('version: 1\nname: lab\npools:\n').message).toContain('pools');
  });

  it('names what it is laid over', () => {
    expect(extendedFiles('extends: a.yaml')).toEqual(['a.yaml']);
    expect(extendedFiles('extends: [a.yaml, b.yaml]')).toEqual(['a.yaml', 'b.yaml']);
    expect(extendedFiles('{')).toEqual([]);
  });

  it('gets variables filled in, but not into scripts', () => {
    const text = `${head}    provision: [{ script: 'echo $HOME \${X}' }]
defaults: { driver: "\${DRIVER:-docker}" }
hooks: { after-up: 'echo $SWARMUP_LAB' }
secrets: { token: 'command:pass show $WHO', other: 'file:\${WHO}' }
swarm: { autolock: { command: 'keep $WHO' } }
message: costs $$5, \${WHO}
`.replace('  managers: { role: manager }\n', '  managers:\n    role: manager\n');
    const { manifest } = read(text, { WHO: 'me' });
    expect(manifest.defaults?.driver).toBe('docker');
    expect(manifest.message).toBe('costs $5, me');
    expect(manifest.secrets).toEqual({ token: 'command:pass show $WHO', other: 'file:me' });
    expect(manifest.swarm?.autolock).toEqual({ command: 'keep $WHO' });
    expect(manifest.hooks?.['after-up']).toBe('echo $SWARMUP_LAB');
    expect(manifest.pools['managers']?.provision?.[0]?.script).toBe('echo $HOME ${X}');
  });

  it('warns of an even number of managers', () => {
    expect(read(classic.replace('names: manager', 'count: 2')).warnings).toEqual([
      expect.stringContaining('2 managers need a quorum of 2') as string,
    ]);
  });

  it.each([
    [
      'an unknown key',
      `${head}poools: {}\n`,
      'swarmup.yaml:5:1: poools: there is no such key; did you mean pools?',
      '',
    ],
    [
      'an unknown key of a pool',
      `${head}  w:\n    role: worker\n    cuont: 2\n`,
      'swarmup.yaml:7:5: pools.w.cuont: there is no such key; did you mean count?',
      '',
    ],
    [
      'an unknown option of a driver',
      `${head}defaults:\n  options:\n    docker: { memry: 1 }\n`,
      'swarmup.yaml:7:15: defaults.options.docker.memry: there is no such key; did you mean memory?',
      '',
    ],
    [
      'an option of the wrong type',
      `${head}defaults:\n  options:\n    docker: { memory: lots }\n`,
      'swarmup.yaml:7:15: defaults.options.docker.memory: it must be a whole number, at least 256, but is "lots"',
      '',
    ],
    [
      'an option of a service that there is not',
      `${head}services:\n  web: { image: a, publsh: ["80:80"] }\n`,
      'swarmup.yaml:6:20: services.web.publsh: there is no such key; did you mean publish?',
      '',
    ],
    [
      'no managers',
      'version: 1\nname: lab\npools:\n  w: { role: worker }\n',
      'swarmup.yaml:3:1: pools: no pool has managers',
      'role: manager',
    ],
    [
      'managers of which there are none',
      head.replace('role: manager', 'role: manager, count: 0'),
      'no pool has managers',
      '',
    ],
    [
      'two pools of one name',
      `${head}${managers}`,
      'swarmup.yaml:5:3: a key must stand in a map only once, but managers stands here again',
      '',
    ],
    [
      'two pools with one host name',
      `${head}  w: { role: worker, count: 2, names: managers%d }\n`,
      'swarmup.yaml:5:32: pools.w.names: a host of the pool would have the name managers1, which a host of the pool managers has',
      'for example names: w%d',
    ],
    [
      'overlapping networks',
      `${head}networks:\n  a: { subnet: 10.1.0.0/16 }\n  b: { subnet: 10.1.2.0/24 }\n`,
      'swarmup.yaml:7:8: networks.b.subnet: 10.1.2.0/24 overlaps 10.1.0.0/16 of the network a',
      '',
    ],
    [
      'a network in the address pool',
      `${head}swarm: { address-pool: 10.0.0.0/8 }\nnetworks:\n  a: { subnet: 10.1.0.0/16 }\n`,
      'overlaps 10.0.0.0/8 of the address pool',
      '',
    ],
    [
      'a network that is none',
      `${head}networks: { a: { subnet: nowhere } }\n`,
      "'nowhere' is not a network",
      '10.20.0.0/16',
    ],
    ['a secret in the clear', `${head}secrets: { db: hunter2 }\n`, 'a secret is a reference', ''],
    [
      'a variable that is not set',
      `${head}message: "\${NOBODY}"\n`,
      'swarmup.yaml:5:11: message: the variable NOBODY is not set',
      ':-',
    ],
    [
      'an engine option',
      `${head}defaults: { engine: { options: { log-lvel: x } } }\n`,
      'defaults.engine: log-lvel=x: dockerd has no option',
      '',
    ],
    [
      'a list for a map',
      `${head}defaults: { labels: [a=1] }\n`,
      'defaults.labels: it must be a map, but is a list',
      '',
    ],
    ['bounds that contradict', `${head}services: { web: { replicas: 1, min: 2 } }\n`, '1 replicas are below min 2', ''],
    [
      'a network that nobody makes',
      `${head}services: { web: { image: a, network: [b] } }\n`,
      'there is no network b',
      'external',
    ],
    ['an alias of itself', `${head}x: &a [*a]\n`, 'swarmup.yaml:5:8: *a contains itself', ''],
    [
      'a bomb',
      `a: &a [1]\n${'bcdefgh'
        .split('')
        .map(
          (k, i) =>
            `${k}: &${k} [${Array(9)
              .fill(`*${'abcdefg'[i] ?? ''}`)
              .join(',')}]\n`,
        )
        .join('')}`,
      'cannot be read',
      '',
    ],
    ['nothing', '', 'swarmup.yaml is not a manifest', ''],
    ['no YAML', 'version: [', 'swarmup.yaml:1:', ''],
  ])('is refused for %s', (_, text, message, hint) => {
    const error = refusal(text);
    expect(error.message).toContain(message);
    expect(error).toMatchObject({ exitCode: 2 });
    if (hint !== '') expect(error.hints.join('\n')).toContain(hint);
  });
});
