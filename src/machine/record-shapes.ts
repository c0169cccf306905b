import { fits, type Shape, type Shapes, type ValueOf } from '../lib/shape.js';

const optional = <const S extends Shape>(shape: S): { readonly optional: S } => ({ optional: shape });
const nullable = <const S extends Shape>(shape: S): { readonly nullable: S } => ({ nullable: shape });
const texts = { list: 'string' } as const;
const textMap = { each: 'string' } as const;

const credentials = {
  identityFiles: texts,
  agent: optional('string'),
  identitiesOnly: optional('boolean'),
} as const satisfies Shapes;
const policy = {
  map: { knownHosts: texts, alias: optional('string'), unknown: { one: ['ask', 'accept'] } },
} as const satisfies Shape;
const address = { host: 'string', port: 'integer', user: 'string' } as const satisfies Shapes;
const jump = { map: { ...address, ...credentials, policy, hostKey: optional('string') } } as const satisfies Shape;
const login = { map: { ...credentials, jumps: { list: jump }, policy } } as const satisfies Shape;
const engineSettings = {
  map: {
    version: optional('string'),
    tlsSans: texts,
    tls: 'boolean',
    daemon: optional({ each: 'any' }),
    env: optional(textMap),
    installUrl: optional('string'),
  },
} as const satisfies Shape;
const lab = {
  map: { name: 'string', pool: 'string', labels: optional(textMap), manifest: optional('string') },
} as const satisfies Shape;

/** A record of a host in its newest version. A key that this version does not know survives an update. */
export const machineShape = {
  map: {
    schemaVersion: { one: [1] },
    id: 'string',
    name: 'string',
    driver: 'string',
    swarm: nullable('string'),
    role: nullable({ one: ['manager', 'worker'] }),
    phase: { one: ['creating', 'ready', 'removing'] },
    options: { each: 'any' },
    engineSettings,
    // undefined until the driver saved something: the key is absent.
    driverState: 'any',
    endpoint: nullable({ map: { ...address, hostKey: 'string', login: optional(login) } }),
    engine: nullable({ map: { url: 'string', certPath: 'string' } }),
    addresses: optional(texts),
    advertiseAddr: nullable('string'),
    nodeId: nullable('string'),
    formerNodeId: optional('string'),
    lab: optional(lab),
    createdAt: 'string',
  },
} as const satisfies Shape;

const custody = {
  key: 'type',
  cases: [
    { type: { one: ['keyring'] } },
    { type: { one: ['passphrase'] } },
    { type: { one: ['key-file'] }, keyFile: 'string' },
    { type: { one: ['command'] }, command: 'string' },
  ],
} as const satisfies Shape;

/** The same of a swarm. */
export const swarmShape = {
  map: {
    schemaVersion: { one: [1] },
    name: 'string',
    clusterId: 'string',
    createdAt: 'string',
    agent: optional('boolean'),
    dataPathPort: optional('integer'),
    keyCustody: optional(custody),
  },
} as const satisfies Shape;

/**
 * The record of this text if it needs no more than reading: its shape is the newest, and its name that of its file.
 * undefined: `parseRecord` converts it, or says what is wrong.
 */
export const soundMachine = (text: string, name: string) =>
  sound(machineShape, text, name) as ValueOf<typeof machineShape> | undefined;

/** The same of a swarm. */
export const soundSwarm = (text: string, name: string) =>
  sound(swarmShape, text, name) as ValueOf<typeof swarmShape> | undefined;

function sound(shape: Shape, text: string, name: string): unknown {
  try {
    const json = JSON.parse(text) as { readonly name?: unknown };
    return fits(shape, json) && json.name === name ? json : undefined;
  } catch {
    return undefined;
  }
}
