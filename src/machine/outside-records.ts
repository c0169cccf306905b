import type { GenericSchema, InferOutput } from 'valibot';
import {
  boolean,
  cleanData,
  cleanText,
  exactOptional,
  hostAddress,
  hostAddresses,
  literal,
  nullable,
  parseOutside,
  picklist,
  plainWord,
  pattern,
  publicKey,
  record,
  sshAddress,
  sshLogin,
  strictObject,
  swarmKitId,
  timestamp,
  unknown,
  uuid,
} from '../lib/border.js';
import type { MachineRecord, SwarmRecord } from './machine-record.js';
import { isName } from './names.js';

const name = pattern(isName, 'it must be a name of lower-case letters, digits and hyphens');
const variable = pattern((text) => /^[A-Za-z_][A-Za-z0-9_]*$/.test(text), 'it must be the name of a variable');
const engineUrl = pattern(
  (text) => /^tcp:\/\/[A-Za-z0-9_.:[\]-]+:\d{1,5}$/.test(text),
  'it must be tcp://ADDRESS:PORT',
);

const engineSettings = strictObject({
  version: exactOptional(plainWord),
  tlsSans: hostAddresses,
  tls: boolean(),
  daemon: exactOptional(record(cleanText, cleanData)),
  env: exactOptional(record(variable, cleanText)),
});

/**
 * A record of a host that comes from outside: each field has the form that swarmup writes, and there are no others. What
 * names a file or program of this computer is not among them: the caller takes it out, or derives it from the host.
 */
const outsideMachine = strictObject({
  schemaVersion: literal(1),
  id: uuid,
  name,
  driver: name,
  swarm: nullable(name),
  role: nullable(picklist(['manager', 'worker'])),
  phase: literal('ready'),
  options: record(name, cleanData),
  engineSettings,
  // The driver reads it: `Driver.stateFromOutside`.
  driverState: exactOptional(unknown()),
  // `export` takes only hosts that are ready, which have one.
  endpoint: strictObject({ ...sshAddress, hostKey: publicKey, login: exactOptional(sshLogin) }),
  engine: nullable(strictObject({ url: engineUrl })),
  addresses: exactOptional(hostAddresses),
  advertiseAddr: nullable(hostAddress),
  nodeId: nullable(swarmKitId),
  formerNodeId: exactOptional(swarmKitId),
  lab: exactOptional(strictObject({ name, pool: name, labels: exactOptional(record(cleanText, cleanText)) })),
  createdAt: timestamp,
});

const outsideSwarm = strictObject({
  schemaVersion: literal(1),
  name,
  clusterId: swarmKitId,
  createdAt: timestamp,
  agent: exactOptional(boolean()),
});

type OutsideMachine = InferOutput<typeof outsideMachine>;
export type OutsideSwarm = Omit<SwarmRecord, 'keyCustody'>;

/** Where a record comes from, as in `m1 in lab.swarmup`. */
interface Origin {
  readonly what: string;
  readonly code: string;
}

/** Errors: `code` with the fields that are wrong. */
export const machineFromOutside = (
  value: unknown,
  origin: Origin,
): Omit<MachineRecord, 'engine'> & Pick<OutsideMachine, 'engine'> =>
  parseOutside(outsideMachine as GenericSchema<unknown, OutsideMachine>, value, origin) as never;

/** The same of a swarm. */
export const swarmFromOutside = (value: unknown, origin: Origin): OutsideSwarm =>
  parseOutside(outsideSwarm, value, origin);
