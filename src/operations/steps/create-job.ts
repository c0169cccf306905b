import type { Driver, HostDescription, OptionValues } from '../../drivers/driver.js';
import { SwarmupError } from '../../lib/errors.js';
import type { MachineRecord, Endpoint } from '../../machine/machine-record.js';
import type { HostFacts } from '../../bootstrap/host-facts.js';
import type { OperationContext } from '../access/context.js';
import type { CreateRequest } from '../access/results.js';
import type { SwarmAccess } from '../access/swarm-access.js';

/** What the steps of one host pass on to each other. */
export interface HostJob {
  readonly isNew: boolean;
  /** Of its driver, with those that no record keeps. */
  readonly options: OptionValues;
  record: MachineRecord;
  description?: HostDescription;
  facts?: HostFacts;
  /** It was off when this run began. */
  hadNoPower?: boolean;
  /** What was found before the run began, of a host that existed before it. */
  readonly survey?: Survey;
}

/** One run of create: its hosts and what is shared between them. Lives as long as the operation. */
export interface CreateJob {
  readonly context: OperationContext;
  readonly request: CreateRequest;
  readonly hosts: ReadonlyMap<string, HostJob>;
  readonly drivers: ReadonlyMap<string, Driver>;
  readonly warn: (message: string, host?: string) => void;
  /** A host that its swarm went on without leaves what it believes to be in, to join again: the user asked for it. */
  readonly leavesFormer?: boolean;
  /** Set by the step that opens the swarm. */
  swarm?: SwarmAccess;
  /** Set by it when this run made the swarm. */
  isNewSwarm?: boolean;
}

export function hostJobs(
  targets: readonly CreateTarget[],
  surveys: ReadonlyMap<string, Survey>,
): ReadonlyMap<string, HostJob> {
  return new Map(
    targets.map((target) => {
      const survey = surveys.get(target.record.name);
      return [target.record.name, { ...target, ...(survey !== undefined && { survey }) }];
    }),
  );
}

export function jobOf(job: CreateJob, name: string): HostJob {
  const host = job.hosts.get(name);
  if (host === undefined) throw new Error(`no job for host ${name}`);
  return host;
}

/** Something an earlier step must have left; its absence is a bug of the plan. */
export function required<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`${what} is not there yet: the plan is out of order`);
  return value;
}

/** Changes the record of a host on disk and in the job. */
export async function updateRecord(
  job: CreateJob,
  name: string,
  change: (record: MachineRecord) => MachineRecord,
): Promise<void> {
  jobOf(job, name).record = await job.context.store.update(name, change);
}

export function driverOf(job: CreateJob, record: MachineRecord): Driver {
  const driver = job.drivers.get(record.driver);
  if (driver === undefined)
    throw new SwarmupError(
      'DRIVER_UNKNOWN',
      `${record.name} was made by the driver ${record.driver}, which is not installed`,
    );
  return driver;
}

/** One host that a create works on: its record, and whether this run is the first to know it. */
export interface CreateTarget {
  readonly record: MachineRecord;
  /** Its driver options with those that no record keeps. */
  readonly options: OptionValues;
  readonly isNew: boolean;
}

export interface CreatePreparation {
  readonly targets: readonly CreateTarget[];
  /** The manager that makes the swarm; undefined when it exists, or for plain hosts. */
  readonly initOn: string | undefined;
  /** The managers get the agent. */
  readonly agent: boolean;
  readonly warnings: readonly string[];
}

/** What was found on a host that exists already. */
export interface Survey {
  readonly description: HostDescription;
  readonly endpoint: Endpoint;
  readonly facts: HostFacts;
  /** What of its daemon.json will stay otherwise than asked; told again when that is so. */
  readonly warnings: readonly string[];
}
