import { describe, expect, it } from 'vitest';
import { SwarmupError } from '../../src/lib/errors.js';
import { readManifest } from '../../src/lab/read-manifest.js';
import { machineFormat, parseRecord, swarmFormat } from '../../src/machine/record-schema.js';
import { parseBackup } from '../../src/swarm/backup-file.js';
import { parseBundle } from '../../src/operations/transfer/machine-bundle.js';
import { schema } from '../lab/lab-text.js';
import { machineRecord } from '../machine/machine-record.js';
import { composeOf, serviceText } from '../support/compose-text.js';

type Case = readonly [what: string, text: string, lines: readonly string[]];

/** The message of the error, a line an item. */
async function told(read: () => unknown): Promise<readonly string[]> {
  try {
    await read();
  } catch (error) {
    if (error instanceof SwarmupError) return error.message.split('\n');
    throw error;
  }
  throw new Error('it was accepted');
}

const head = 'version: 1\nname: lab\npools:\n  managers: { role: manager }\n';

const manifests: readonly Case[] = [
  [
    'a mistyped key, and not that the right one is missing',
    'version: 1\nname: lab\npools:\n  managers:\n    rol: manager\n',
    ['swarmup.yaml:5:5: pools.managers.rol: there is no such key; did you mean role?'],
  ],
  [
    'a mistyped value',
    'version: 1\nname: lab\npools:\n  managers: { role: manger }\n',
    ['swarmup.yaml:4:15: pools.managers.role: it must be manager or worker, but is "manger"; did you mean manager?'],
  ],
  [
    'all that is wrong, slips of typing first, and then in the order of the file',
    `${head}xyzzy: 1\npoools: {}\nyzzyx: 1\nswarm: { autolock: { keyrin: true } }\n`,
    [
      'swarmup.yaml:6:1: poools: there is no such key; did you mean pools?',
      'swarmup.yaml:8:22: swarm.autolock.keyrin: there is no such key; did you mean keyring?',
      ...['5:1: xyzzy', '7:1: yzzyx'].map(
        (place) =>
          `swarmup.yaml:${place}: there is no such key; the keys here are version, name, extends, protect, message, ` +
          'defaults, pools, swarm, networks, secrets, stacks, services …',
      ),
    ],
  ],
  [
    'numbers with their bounds, names with their form',
    'version: 2\nname: Lab_\npools:\n  managers: { role: manager, count: many }\n',
    [
      'swarmup.yaml:1:1: version: it must be 1, but is 2',
      'swarmup.yaml:2:1: name: a name has lower-case letters, digits and hyphens, at most 63',
      'swarmup.yaml:4:30: pools.managers.count: it must be a whole number from 0 to 1000, but is "many"',
    ],
  ],
  [
    'what is missing',
    'name: lab\n',
    [
      'swarmup.yaml: the key version is missing; it must be 1',
      'swarmup.yaml: the key pools is missing; it must be a map',
    ],
  ],
  [
    'a choice of forms, by the form that was meant',
    `${head}swarm: { autolock: maybe }\nstacks: { web: { file: 3 } }\nnetworks: { a: 3 }\n`,
    [
      'swarmup.yaml:5:10: swarm.autolock: it must be true or false or a map, but is "maybe"',
      'swarmup.yaml:6:18: stacks.web.file: it must be a string or a list, but is a number',
      'swarmup.yaml:7:13: networks.a: it must be a map or nothing, but is 3',
    ],
  ],
  [
    'a secret, without showing it',
    `${head}secrets: { db: hunter2, pin: 1234 }\n`,
    [
      'swarmup.yaml:5:12: secrets.db: a secret is a reference: env:NAME, file:PATH or command:SHELL COMMAND',
      'swarmup.yaml:5:25: secrets.pin: it must be a string, but is a number',
    ],
  ],
  [
    'what belongs together, all at once',
    `${head}services: { web: { replicas: 1, min: 2 }, api: {} }\n`,
    [
      'swarmup.yaml:5:33: services.web.min: 1 replicas are below min 2',
      'swarmup.yaml:5:43: services.api: the service has neither an image nor replicas',
    ],
  ],
  [
    'only so many',
    `${head}services: { ${'abcdefghijkl'
      .split('')
      .map((name) => `${name}: 1`)
      .join(', ')} }\n`,
    [
      ...'abcdefghij'
        .split('')
        .map((name, i) => `swarmup.yaml:5:${13 + 6 * i}: services.${name}: it must be a map, but is 1`),
      'and 2 more',
    ],
  ],
];

const variable = (name: string): string => `\${${name}}`;

const unread: readonly Case[] = [
  [
    'all variables that are not set, each at its place',
    `name: ${variable('LAB')}\nmessage: "in $ONE ${variable('TWO')}"\npools:\n  a:\n    image: |\n      ${variable('LAB:?of the team')}\n`,
    [
      'swarmup.yaml:1:7: name: the variable LAB is not set',
      'swarmup.yaml:2:14: message: the variable ONE is not set',
      'swarmup.yaml:2:19: message: the variable TWO is not set',
      'swarmup.yaml:6:7: pools.a.image: the variable LAB is not set: of the team',
    ],
  ],
  [
    'all errors of YAML',
    'name: @lab\npools:\n\ta: 1\nmessage: "x" y\nname: 3\n',
    [
      'swarmup.yaml:1:7: a text must stand in quotes if it begins with @',
      'swarmup.yaml:3:1: lines must be indented with spaces, but here is a tab',
      'swarmup.yaml:4:14: the line must end after a text in quotes or a closing bracket, but here is other text',
      'swarmup.yaml:5:1: a key must stand in a map only once, but name stands here again',
    ],
  ],
];

const syntax: readonly (readonly [text: string, line: string])[] = [
  ['a: [', '1:5: the bracket that was opened before must be closed with ], but here is the end of the file'],
  ['a: {b: 1\nc: 2\n', '2:1: the bracket that was opened before must be closed with }, but here is other text'],
  ['a: "x\n', '2:1: a text that begins with " must end with ", but here is the end of the file'],
  ['a: 1\n- b\n', '2:1: a list cannot be a part of a map: its items must stand below a key'],
  [
    'a:\n  b: 1\n c: 2\n',
    '3:1: the keys of a map and the items of a list must begin in the same column, but this line does not',
  ],
  ['a: b: hunter2\n', '1:4: a key has one value: put a text with a colon in quotes, or a map on the next line'],
  ['{a: 1,, b}\n', '1:7: a part must stand before each comma, but here is ,'],
  ['key\nother: 1\n', '1:1: this line has no colon: a key, a colon and a value must stand on one line'],
  ['a: 1\nhunter2\n', '2:1: this line has no colon: a key, a colon and a value must stand on one line'],
  ['a: "\\q"\n', String.raw`1:5: this escape is not known: in double quotes, write \\ for a backslash`],
  ['a: 1\n---\nb: 2\n', '2:1: a file can have one document only, but here another one begins'],
  ['x: "a"#b\n', '1:7: a space must come before the # of a comment'],
  ['a: |hunter2\n  t\n', '1:5: the line must end after | or >, but more comes'],
  ['a: ]\n', '1:4: a key or a value must stand here, but here is ]'],
  ['a: *\n', '1:4: a name must come after & and *, and must not end with a colon'],
  ['a: &x &y 1\n', '1:7: a value can have one anchor only'],
  ['? [a]\n: 1\nb: &c { d: *c }\n', '1:3: a key must be a string'],
];

const composeFiles: readonly Case[] = [
  [
    'all that is wrong, slips of typing first',
    `${serviceText(
      '    enviroment: a\n    user: 1000\n    deploy: { mode: replicatd, replicas: x }\n',
    )}  api:\n    imag: b\nvolume: {}\nzzz: 1\n`,
    [
      '0.yaml:4:5: services.web.enviroment: there is no such key; did you mean environment?',
      '0.yaml:6:15: services.web.deploy.mode: it must be replicated, global, replicated-job or global-job, but is ' +
        '"replicatd"; did you mean replicated?',
      '0.yaml:8:5: services.api.imag: there is no such key; did you mean image?',
      '0.yaml:9:1: volume: there is no such key; did you mean volumes?',
      '0.yaml:5:5: services.web.user: it must be a string, but is a number',
      '0.yaml:6:32: services.web.deploy.replicas: it must be a whole number, but is a string',
      '0.yaml:10:1: zzz: there is no such key; the keys here are version, services, networks, volumes, secrets or configs',
    ],
  ],
  [
    'items of lists',
    serviceText('    ports: ["80:80", x]\n    cap_add: {}\n    user: "${WHO?}"\n'),
    [
      "0.yaml:4:22: services.web.ports.1: 'x' is not a port",
      '0.yaml:5:5: services.web.cap_add: it must be a list, but is a map',
      '0.yaml:6:5: services.web.user: the variable WHO is not set',
    ],
  ],
];

const recordText = (changes: object): string => JSON.stringify({ ...machineRecord('a'), ...changes }, null, 1);
const broken = (line: string): string => `the record of host a cannot be read: ${line}`;

const records: readonly Case[] = [
  ['a text that ends too early', '{"schemaVersion": 1,\n', [broken('machine.json:2:1: it is not JSON')]],
  ['a word without quotes', '{"driver": docker}', [broken('machine.json:1:12: it is not JSON')]],
  ['something after its end', '{} {}', [broken('machine.json:1:4: it is not JSON')]],
  ['a comma too many', '{"a": [1, 2,]}', [broken('machine.json:1:13: it is not JSON')]],
  ['a list', '[]', [broken('machine.json: it must be a JSON object')]],
  [
    'all that is wrong',
    recordText({ role: 'manger', phase: 'gone', id: undefined, options: { 'a"b': [] }, endpoint: { port: 1.5 } }),
    [
      broken('machine.json:6:2: role: it must be manager, worker or nothing, but is "manger"; did you mean manager?'),
      'machine.json:1:1: the key id is missing; it must be a string',
      'machine.json:7:2: phase: it must be creating, ready or removing, but is "gone"',
      'machine.json:15:2: endpoint: the key host is missing; it must be a string',
      'machine.json:15:2: endpoint: the key user is missing; it must be a string',
      'machine.json:15:2: endpoint: the key hostKey is missing; it must be a string',
      'machine.json:16:3: endpoint.port: it must be a whole number, but is 1.5',
    ],
  ],
  [
    'another name',
    recordText({ name: 'b' }),
    [broken('machine.json:4:2: name: it must be "a", as in the name of its file, but is "b"')],
  ],
];

const swarmText = (keyCustody: object): string =>
  JSON.stringify({ schemaVersion: 1, name: 'a', clusterId: 'c', createdAt: '', keyCustody });

const swarms: readonly Case[] = [
  [
    'a way of keeping keys that there is not',
    swarmText({ type: 'keyrng' }),
    [
      '1:76: keyCustody.type: it must be keyring, passphrase, key-file or command, but is "keyrng"; did you mean keyring?',
    ],
  ],
  [
    'what that way needs',
    swarmText({ type: 'key-file' }),
    ['1:62: keyCustody: the key keyFile is missing; it must be a string'],
  ],
];

describe('what is wrong in a file is told with place, path, what was found and what is allowed', () => {
  it.each(manifests)('manifest: %s', async (_, text, lines) => {
    expect(await told(() => readManifest([{ path: 'swarmup.yaml', text }], {}, schema))).toEqual(lines);
  });

  it.each(unread)('manifest that cannot be read: %s', async (_, text, lines) => {
    expect(await told(() => readManifest([{ path: 'swarmup.yaml', text }], {}, schema))).toEqual(lines);
  });

  it.each(syntax)('YAML that cannot be read: %j', async (text, line) => {
    const lines = await told(() => readManifest([{ path: 'm', text }], {}, schema));
    expect(lines[0]).toBe(`m:${line}`);
    expect(lines.join('')).not.toContain('hunter2');
  });

  it.each(composeFiles)('compose file: %s', async (_, text, lines) => {
    expect(await told(() => composeOf([text]))).toEqual(lines);
  });

  it.each(records)('record: %s', async (_, text, lines) => {
    const source = { path: 'machine.json', what: 'host a', name: 'a' };
    expect(await told(() => parseRecord(machineFormat, text, source))).toEqual(lines);
  });

  it.each(swarms)('record of a swarm: %s', async (_, text, lines) => {
    const source = { path: 'a.json', what: 'swarm a', name: 'a' };
    const expected = lines.map((line) => `the record of swarm a cannot be read: a.json:${line}`);
    expect(await told(() => parseRecord(swarmFormat, text, source))).toEqual(expected);
  });

  it('exported hosts, which are sealed: there are no lines in the file', async () => {
    const text = '{"version":1,"machines":[{"name":3,"record":"","files":{},"keys":{}}],"certs":{}}';
    expect(await told(() => parseBundle(text, 'hosts.sealed'))).toEqual([
      'hosts.sealed is refused: machines.0.name: it must be a string; swarms: it is missing',
    ]);
  });

  it('backups', async () => {
    const lines = await told(() => parseBackup(Buffer.from('{"version":1,"autolock":"no"}\n'), 'b.sealed'));
    expect(lines[0]).toBe('b.sealed is damaged: its manifest: the key createdAt is missing; it must be a string');
    expect(lines).toContain('its manifest: autolock: it must be true or false, but is "no"');
    expect(lines.at(-1)).toBe('and 6 more');
  });

  it('a text that nests too deeply to be read is refused all the same', async () => {
    const source = { path: 'machine.json', what: 'host a', name: 'a' };
    const lines = await told(() => parseRecord(machineFormat, '['.repeat(200_000), source));
    expect(lines).toEqual([broken('machine.json: it is not JSON')]);
  });
});
