import type { Instance } from '@aws-sdk/client-ec2';
import type { AwsAccess } from './aws-state.js';
import { tagOf, tags } from './aws-state.js';
import { batchCalls } from './batch-calls.js';
import type { Action, Ec2 } from './ec2-client.js';
import { classOf, Ec2Failure } from './ec2-failure.js';

/** How patient the driver is, in milliseconds. Tests hurry it. */
export interface AwsTiming {
  /** What is asked for within this time is asked in one call. */
  readonly gatherMs: number;
  /** Between two looks at instances that are waited for. */
  readonly pollMs: number;
  /** So long a new thing may not be seen yet: EC2 is eventually consistent. */
  readonly visibleMs: number;
  /** So long what is in use may stay in use after its user has gone. */
  readonly busyMs: number;
  /** From the launch, the start or the stop of an instance to its end. */
  readonly stateMs: number;
}

export const awsTiming: AwsTiming = {
  gatherMs: 25,
  pollMs: 2_000,
  visibleMs: 120_000,
  busyMs: 5 * 60_000,
  stateMs: 10 * 60_000,
};

/** The object found; undefined if EC2 does not know it (or not yet). */
type Look = (id: string, signal: AbortSignal) => Promise<Instance | undefined>;
type Change = (instance: string, signal: AbortSignal) => Promise<void>;

/** One region of one account: what all hosts there share. Every verb for many hosts is one call. */
export interface AwsRegion {
  readonly ec2: Ec2;
  readonly access: AwsAccess;
  readonly timing: AwsTiming;
  /** An instance by its id, at once. */
  readonly look: Look;
  /** The same for who waits: asked at the pace of all others who wait. */
  readonly poll: Look;
  /** The instance of a machine, by its tag: the one that runs, where there were several. */
  readonly lookByMachine: Look;
  readonly start: Change;
  readonly stop: Change;
  readonly forceStop: Change;
  readonly terminate: Change;
}

export function awsRegion(ec2: Ec2, access: AwsAccess, timing: AwsTiming): AwsRegion {
  const byId = async (ids: readonly string[], signal: AbortSignal): Promise<(id: string) => Instance | undefined> => {
    const found = await findInstances(ec2, 'instance-id', ids, signal);
    return (id) => found.find(({ InstanceId }) => InstanceId === id);
  };
  const byMachine = async (ids: readonly string[], signal: AbortSignal): ReturnType<typeof byId> => {
    const found = await findInstances(ec2, `tag:${tags.machineId}`, ids, signal);
    const of = (id: string): readonly Instance[] => found.filter((instance) => tagOf(instance, tags.machineId) === id);
    return (id) => of(id).find(isAlive) ?? of(id)[0];
  };
  const change = (action: Action & ('StartInstances' | 'StopInstances' | 'TerminateInstances'), more = {}): Change =>
    batchCalls(timing.gatherMs, (ids, signal) => changeAll(ec2, action, ids, more, signal));
  return {
    ec2,
    access,
    timing,
    look: batchCalls(timing.gatherMs, byId),
    poll: batchCalls(timing.pollMs, byId),
    lookByMachine: batchCalls(timing.gatherMs, byMachine),
    start: change('StartInstances'),
    stop: change('StopInstances'),
    forceStop: change('StopInstances', { Force: true }),
    terminate: change('TerminateInstances'),
  };
}

/** The instance exists and is not ending. */
export const isAlive = ({ State }: Instance): boolean =>
  State?.Name !== undefined && !['shutting-down', 'terminated'].includes(State.Name);

/** The same as a filter. */
export const liveStates = { Name: 'instance-state-name', Values: ['pending', 'running', 'stopping', 'stopped'] };

/** The largest number of values in a filter. */
const maxValues = 200;

/**
 * By filter and not by id: an unknown id would fail the whole call. More than a filter takes are found among all that
 * swarmup made, which is one call for every thousand.
 */
async function findInstances(
  ec2: Ec2,
  name: string,
  values: readonly string[],
  signal: AbortSignal,
): Promise<readonly Instance[]> {
  const filter =
    values.length <= maxValues ? { Name: name, Values: [...values] } : { Name: 'tag-key', Values: [tags.machineId] };
  return listInstances(ec2, [filter], signal);
}

/** All instances that pass the filters. */
export async function listInstances(
  ec2: Ec2,
  filters: readonly { Name: string; Values: string[] }[],
  signal: AbortSignal,
): Promise<readonly Instance[]> {
  const input = { Filters: [...filters], MaxResults: 1000 };
  const { Reservations = [] } = await ec2.call('DescribeInstances', input, signal);
  return Reservations.flatMap(({ Instances }) => Instances ?? []);
}

/**
 * All in one call. It is all or nothing: where one of them stands in the way (protected, gone, in between two states),
 * each is asked for on its own, so that the others do not suffer.
 */
async function changeAll(
  ec2: Ec2,
  action: 'StartInstances' | 'StopInstances' | 'TerminateInstances',
  ids: readonly string[],
  more: object,
  signal: AbortSignal,
): Promise<(id: string) => void> {
  const failures = new Map<string, Ec2Failure>();
  try {
    await ec2.call(action, { InstanceIds: [...ids], ...more }, signal);
  } catch (error) {
    if (ids.length === 1 || !['protected', 'gone', 'busy', 'config'].includes(classOf(error) ?? '')) throw error;
    await Promise.all(
      ids.map((id) =>
        ec2.call(action, { InstanceIds: [id], ...more }, signal).catch((failure: unknown) => {
          if (!(failure instanceof Ec2Failure)) throw failure;
          failures.set(id, failure);
        }),
      ),
    );
  }
  return (id) => {
    const failure = failures.get(id);
    if (failure !== undefined) throw failure;
  };
}
