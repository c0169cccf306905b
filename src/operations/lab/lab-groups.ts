import type { OptionValues } from '../../drivers/driver.js';
import { optionFlag } from '../../drivers/option-values.js';
import type { Lab, LabPool } from '../../lab/lab.js';
import type { LabHost, WantedHost } from '../../lab/plan-hosts.js';
import { chooseDriver } from '../create/choose-driver.js';
import type { LabMark } from '../../machine/machine-record.js';
import type { OperationContext } from '../access/context.js';
import type { LabRequest } from './load-lab.js';
import { readReference } from './read-reference.js';
import type { CreateRequest, HostGroup } from '../access/create-request.js';

/** The options that the manifest names for the hosts of a pool in a zone, as the driver reads them. */
export async function namedOptions(
  context: OperationContext,
  pool: LabPool,
  driver: string | undefined,
  zone: string | undefined,
): Promise<OptionValues> {
  if (driver === undefined) return {};
  const raw = await openOptions(context, pool, driver, zone);
  const read = await context.drivers.options(driver, raw, context.env);
  return Object.fromEntries(Object.keys(raw).map((name) => [name, read[name]]));
}

/** All options of the driver for the hosts of a pool in a zone, but those that are secret. */
export async function givenOptions(
  context: OperationContext,
  pool: LabPool,
  driver: string,
  zone: string | undefined,
): Promise<OptionValues> {
  return context.drivers.options(driver, await openOptions(context, pool, driver, zone), context.env);
}

/** Those that no record lacks: without the secret ones. */
async function openOptions(
  context: OperationContext,
  pool: LabPool,
  driver: string,
  zone: string | undefined,
): Promise<Readonly<Record<string, unknown>>> {
  const { options } = await context.drivers.describe(driver);
  const raw = Object.entries(await rawOptions(context, pool, driver, zone));
  return Object.fromEntries(raw.filter(([name]) => options[name]?.secret !== true));
}

/** A driver that has zones gets that of the host, unless the manifest names one itself. */
async function rawOptions(
  context: OperationContext,
  { options }: LabPool,
  driver: string,
  zone: string | undefined,
): Promise<Readonly<Record<string, unknown>>> {
  const declared = (await context.drivers.describe(driver)).options;
  return { ...(zone !== undefined && 'zone' in declared && { zone }), ...options[driver] };
}

/** The driver of hosts for which the manifest names none: that of the lab's other hosts, else as `create` chooses. */
export const poolDriver = ({ driver }: LabPool, hosts: readonly LabHost[]): string | undefined =>
  driver ?? hosts[0]?.record.driver;

/** The mark of a host of a pool. */
export const labMark = (lab: Lab, pool: LabPool): LabMark => ({
  name: lab.name,
  pool: pool.name,
  labels: pool.labels,
  manifest: lab.manifest,
});

/** The request to `create` for making or resuming hosts of a lab. Errors: those of `chooseDriver`. */
export async function createRequest(
  context: OperationContext,
  lab: Lab,
  wanted: readonly WantedHost[],
  hosts: readonly LabHost[],
  { defaultDriver }: LabRequest,
): Promise<CreateRequest> {
  const groups: HostGroup[] = [];
  for (const members of alike(wanted)) {
    const { pool, zone } = members[0];
    const names = members.map(({ name }) => name);
    const chosen = await driverOf(context, lab.name, poolDriver(pool, hosts), defaultDriver);
    groups.push({
      names,
      managers: pool.role === 'manager' ? names.length : 0,
      driver: chosen.driver,
      driverSource: pool.driver === undefined ? chosen.source : `named by the pool ${pool.name}`,
      driverOptions: await flagged(context, lab, chosen.driver, await rawOptions(context, pool, chosen.driver, zone)),
      engine: pool.engine,
      lab: labMark(lab, pool),
    });
  }
  const swarm = {
    name: lab.name,
    addressPool: lab.swarm?.['address-pool'],
    dataPathPort: lab.swarm?.['data-path-port'],
    agent: lab.swarm?.agent,
  };
  return { groups, swarm };
}

/** Hosts by pool and zone. */
export function alike(wanted: readonly WantedHost[]): readonly (readonly [WantedHost, ...WantedHost[]])[] {
  const groups = new Map<string, [WantedHost, ...WantedHost[]]>();
  for (const host of wanted) {
    const key = `${host.pool.name}/${host.zone ?? ''}`;
    const members = groups.get(key);
    if (members === undefined) groups.set(key, [host]);
    else members.push(host);
  }
  return [...groups.values()];
}

async function driverOf(
  context: OperationContext,
  swarm: string,
  driver: string | undefined,
  defaultDriver: LabRequest['defaultDriver'],
): Promise<{ readonly driver: string; readonly source: string }> {
  if (driver !== undefined) return { driver, source: 'the same driver as for the other hosts of the lab' };
  if (defaultDriver !== undefined) return defaultDriver;
  const chosen = await chooseDriver(context, { names: [] }, swarm);
  return { driver: chosen.driver.name, source: chosen.reason };
}

/** Options by their flags, as `create` takes them; what is secret is read from where its reference leads. */
async function flagged(
  context: OperationContext,
  lab: Lab,
  driver: string,
  raw: Readonly<Record<string, unknown>>,
): Promise<Readonly<Record<string, unknown>>> {
  const { options } = await context.drivers.describe(driver);
  const entries = Object.entries(raw).map(async ([name, value]) => {
    const option = options[name];
    if (option === undefined) return [name, value] as const;
    const read = option.secret === true ? (await readReference(context, String(value), lab)).toString() : value;
    return [optionFlag(driver, name, option), read] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}
