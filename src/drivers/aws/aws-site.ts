import type { DriverContext } from '../driver.js';
import type { AwsOptions } from './aws-options.js';
import { type AwsRegion, awsRegion, type AwsTiming, listInstances } from './aws-region.js';
import { type AwsAccess, type AwsState, type Belonging, groupName, isSwarm, tags } from './aws-state.js';
import { batchCalls, onceForAll } from './batch-calls.js';
import { callerNetwork } from './caller-address.js';
import { type Ec2Access, openEc2 } from './ec2-client.js';
import { isAmbiguous } from './ec2-failure.js';
import { removeRemains } from './elastic-address.js';
import { findPlace, type Place } from './find-place.js';
import { wantedRules } from './group-rules.js';
import { ensureKeyPair, removeUnusedKeyPairs } from './key-pair.js';
import { type Spread, spreadOver } from './launch-plan.js';
import { checkGroup, ensureGroup, removeUnusedGroups } from './security-group.js';

/**
 * A region with the objects that the hosts of one run share there; each object is found or made once, when it is first
 * needed.
 */
export interface AwsSite extends AwsRegion {
  readonly place: (options: AwsOptions, signal: AbortSignal) => Promise<Place>;
  readonly spread: (cluster: string, signal: AbortSignal) => Promise<Spread>;
  /** Networks that may reach the hosts. */
  readonly allowed: (options: AwsOptions, signal: AbortSignal) => Promise<readonly string[]>;
  /** Whether the cluster's security group could be had, with all its rules. Makes nothing. */
  readonly checkGroup: (belonging: Belonging, options: AwsOptions, context: DriverContext) => Promise<void>;
  /** The id of the cluster's security group, with all its rules. */
  readonly group: (belonging: Belonging, options: AwsOptions, context: DriverContext) => Promise<string>;
  /** Imports a key pair for all hosts of the cluster. */
  readonly keyPair: (
    belonging: Belonging,
    pair: Parameters<typeof ensureKeyPair>[2],
    signal: AbortSignal,
  ) => Promise<void>;
  /** Runs `launch`; when it fails and no other host of the cluster is there or on its way, the group goes again. */
  readonly launching: <T>(cluster: string, signal: AbortSignal, launch: () => Promise<T>) => Promise<T>;
  /** What is left of a host whose instance has ended: addresses, volumes. */
  readonly removeRemains: (machine: string, signal: AbortSignal) => Promise<void>;
  /** Removes the security groups of a cluster that no longer has instances. */
  readonly removeGroups: (cluster: string, signal: AbortSignal) => Promise<void>;
  /** Deletes an imported key pair, by its name, when no instance has it any more. */
  readonly removeKeyPair: (name: string, signal: AbortSignal) => Promise<void>;
}

/** Errors: AWS_REGION_MISSING. */
export async function openSite(given: Ec2Access, timing: AwsTiming): Promise<AwsSite> {
  const ec2 = await openEc2(given);
  const { endpoint } = given;
  const region = awsRegion(ec2, accessOf(given, ec2.region), timing);
  const once = remembered();
  const batched = (work: typeof removeUnusedGroups): AwsSite['removeGroups'] =>
    batchCalls<string, void>(timing.gatherMs, async (items, signal) => {
      await work(region, items, signal);
      return () => undefined;
    });
  const removeGroups = batched(removeUnusedGroups);
  const removeKeyPairs = batched(removeUnusedKeyPairs);
  const caller = onceForAll((signal) => callerNetwork(endpoint, signal));
  const allowed: AwsSite['allowed'] = async (options, signal) =>
    options.allowed.length > 0 ? options.allowed : [await caller(signal)];
  const place: AwsSite['place'] = (options, signal) =>
    once(['place', options], (shared) => findPlace(ec2, options, shared))(signal);
  return {
    ...region,
    allowed,
    place,
    spread: (cluster, signal) =>
      once(['spread', cluster], async (shared) => {
        // A host in no swarm has no one to be apart from.
        const filter = { Name: `tag:${tags.cluster}`, Values: [cluster] };
        return spreadOver(isSwarm(cluster) ? await listInstances(ec2, [filter], shared) : []);
      })(signal),
    async checkGroup(belonging, options, context) {
      await checkGroup(
        region,
        belonging,
        await groupSpec({ place, allowed }, options, context, context.signal),
        context.signal,
      );
    },
    async group(belonging, options, context) {
      const { vpc } = await place(options, context.signal);
      const make = async (shared: AbortSignal): Promise<string> =>
        ensureGroup(region, belonging, await groupSpec({ place, allowed }, options, context, shared), shared);
      // Another process may make the same one.
      const alone = (shared: AbortSignal): Promise<string> =>
        context.exclusive(`group-${ec2.region}-${groupName(belonging.cluster)}`, () => make(shared));
      return once(['group', belonging.cluster, vpc, options], alone)(context.signal);
    },
    keyPair: (belonging, pair, signal) =>
      once(['key', belonging.cluster, pair], (shared) => ensureKeyPair(region, belonging, pair, shared))(signal),
    launching: watchLaunches(async (cluster, signal) => {
      once.forget('group');
      await removeGroups(cluster, signal);
    }),
    removeRemains: batched(removeRemains),
    async removeGroups(cluster, signal) {
      once.forget('group');
      await removeGroups(cluster, signal);
    },
    async removeKeyPair(name, signal) {
      once.forget('key');
      await removeKeyPairs(name, signal);
    },
  };
}

const accessOf = ({ profile, endpoint }: Ec2Access, region: string): AwsAccess => ({
  region,
  ...(profile !== undefined && { profile }),
  ...(endpoint !== undefined && { endpoint }),
});

/** The group that hosts with these options need. */
async function groupSpec(
  { place, allowed }: Pick<AwsSite, 'place' | 'allowed'>,
  options: AwsOptions,
  { peers, overlayPort }: DriverContext,
  signal: AbortSignal,
): Promise<Parameters<typeof ensureGroup>[2]> {
  const { vpc } = await place(options, signal);
  const rules = wantedRules(options, await allowed(options, signal), overlayPort);
  const machines = ((await peers()) as readonly Partial<AwsState>[]).flatMap(({ machine }) => machine ?? []);
  return { vpc, rules, tags: options.tags, machines };
}

/** Counts the launches of each cluster; after one that failed for good, and with no other under way, tidies up. */
function watchLaunches(tidyUp: (cluster: string, signal: AbortSignal) => Promise<void>): AwsSite['launching'] {
  const underWay = new Map<string, number>();
  return async (cluster, signal, launch) => {
    const count = (change: number): number => {
      const now = (underWay.get(cluster) ?? 0) + change;
      underWay.set(cluster, now);
      return now;
    };
    count(1);
    try {
      const result = await launch();
      count(-1);
      return result;
    } catch (error) {
      // Launched instances may need the group. A failed cleanup is not reported, because rm repeats it.
      if (count(-1) === 0 && !signal.aborted && !isAmbiguous(error))
        await tidyUp(cluster, signal).catch(() => undefined);
      throw error;
    }
  };
}

interface Remembered {
  <T>(key: readonly unknown[], work: (signal: AbortSignal) => Promise<T>): (signal: AbortSignal) => Promise<T>;
  /** All that was kept under keys that begin so. */
  forget(kind: string): void;
}

/** Keeps each result by its key; a failed search is repeated. */
function remembered(): Remembered {
  const known = new Map<string, (signal: AbortSignal) => Promise<unknown>>();
  const remember = <T>(
    key: readonly unknown[],
    work: (signal: AbortSignal) => Promise<T>,
  ): ((signal: AbortSignal) => Promise<T>) => {
    const name = JSON.stringify(key);
    const found = known.get(name) ?? onceForAll(work);
    known.set(name, found);
    return found as (signal: AbortSignal) => Promise<T>;
  };
  return Object.assign(remember, {
    forget: (kind: string) => {
      for (const name of known.keys()) if (name.startsWith(`["${kind}"`)) known.delete(name);
    },
  });
}
