import { networkOf, overlaps } from '../lib/cidr.js';
import { parseEngineOptions } from '../lib/engine-options.js';
import { messageOf } from '../lib/errors.js';
import type { Fault, FilePath } from '../lib/faults.js';
import { managerCountWarning } from '../swarm/quorum.js';
import { engineOptionValues } from './engine-request.js';
import { hostName } from './host-names.js';
import type { Manifest, ManifestService, PoolSettings, ProvisionStep } from './manifest-schema.js';

interface CheckedManifest {
  /** What the schema cannot see. */
  readonly errors: readonly Fault[];
  readonly warnings: readonly string[];
}

const finding = (path: FilePath, message: string, ...hints: string[]): Fault => ({ path, message, hints });

/** Checks what belongs together. Pure. */
export function checkManifest(manifest: Manifest): CheckedManifest {
  const errors = [
    ...checkPools(manifest),
    ...checkNetworks(manifest),
    ...Object.entries(manifest.services ?? {}).flatMap(([name, service]) => checkService(manifest, name, service)),
    ...Object.entries(manifest.pools).flatMap(([name, pool]) => checkSettings(['pools', name], pool)),
    ...checkSettings(['defaults'], manifest.defaults ?? {}),
    ...checkSteps(manifest),
    ...checkCustody(manifest),
  ];
  const managers = Object.values(manifest.pools)
    .filter(({ role }) => role === 'manager')
    .reduce((sum, { count = 1 }) => sum + count, 0);
  const warning = managerCountWarning(managers);
  return { errors, warnings: warning === undefined ? [] : [warning] };
}

function checkPools({ pools }: Manifest): readonly Fault[] {
  const errors: Fault[] = [];
  if (!Object.values(pools).some(({ role, count = 1 }) => role === 'manager' && count > 0))
    errors.push(finding(['pools'], 'no pool has managers', 'give a pool role: manager, with a count of at least 1'));
  const owners = new Map<string, string>();
  for (const [name, { count = 1, names = `${name}%d` }] of Object.entries(pools)) {
    if (hostName(names, Math.max(count, 1)).length > 63)
      errors.push(finding(['pools', name, 'names'], 'the host names of the pool are longer than 63 characters'));
    for (let number = 1; number <= count; number += 1) {
      const host = hostName(names, number);
      const owner = owners.get(host);
      owners.set(host, name);
      if (owner === undefined) continue;
      const message = `a host of the pool would have the name ${host}, which a host of the pool ${owner} has`;
      errors.push(finding(['pools', name, 'names'], message, `for example names: ${name}%d`));
      break;
    }
  }
  return errors;
}

function checkSettings(path: FilePath, settings: PoolSettings): readonly Fault[] {
  const errors: Fault[] = [];
  try {
    parseEngineOptions(engineOptionValues(settings.engine ?? {}));
    if (settings.engine?.options?.['live-restore'] === true)
      errors.push(
        finding([...path, 'engine', 'options', 'live-restore'], 'Docker does not allow this option in swarm mode'),
      );
  } catch (error) {
    errors.push(finding([...path, 'engine'], messageOf(error).replaceAll('--engine-opt ', '')));
  }
  for (const [i, { source, content }] of (settings.files ?? []).entries())
    if ((source === undefined) === (content === undefined))
      errors.push(finding([...path, 'files', i], 'a file must have either a source or a content'));
  for (const [i, { file, script }] of (settings.provision ?? []).entries())
    if ((file === undefined) === (script === undefined))
      errors.push(finding([...path, 'provision', i], 'a step must have either a file or a script'));
  return errors;
}

/** Steps of the defaults and of a pool come together: the marks that they leave on hosts are named for them. */
function checkSteps({ defaults = {}, pools }: Manifest): readonly Fault[] {
  return Object.entries(pools).flatMap(([pool, { provision = [] }]) => {
    const names = [...(defaults.provision ?? []), ...provision].map(stepName);
    const twice = names.find((name, i) => names.indexOf(name) !== i);
    return twice === undefined
      ? []
      : [finding(['pools', pool, 'provision'], `two steps are named ${twice}`, 'give each step its own name')];
  });
}

/** The name of a provision step; `place` is its index among those of its pool. */
export function stepName({ name, file }: ProvisionStep, place: number): string {
  const base = file?.split(/[/\\]/).at(-1) ?? '';
  return name ?? (base.replaceAll(/[^\w.-]/g, '-') || `script-${place + 1}`);
}

function checkNetworks(manifest: Manifest): readonly Fault[] {
  const errors: Fault[] = [];
  const taken: { readonly what: string; readonly cidr: string }[] = [];
  const claim = (path: FilePath, what: string, cidr: string): void => {
    try {
      networkOf(cidr);
    } catch (error) {
      errors.push(finding(path, messageOf(error), 'write a network as in 10.20.0.0/16'));
      return;
    }
    const other = taken.find((known) => overlaps(known.cidr, cidr));
    if (other !== undefined) errors.push(finding(path, `${cidr} overlaps ${other.cidr} of ${other.what}`));
    taken.push({ what, cidr });
  };
  const pool = manifest.swarm?.['address-pool'];
  if (pool !== undefined) claim(['swarm', 'address-pool'], 'the address pool', pool);
  for (const [name, network] of Object.entries(manifest.networks ?? {}))
    if (network?.subnet !== undefined) claim(['networks', name, 'subnet'], `the network ${name}`, network.subnet);
  return errors;
}

function checkService(manifest: Manifest, name: string, service: ManifestService): readonly Fault[] {
  const path = ['services', name];
  const { image, replicas, min, max, command, rebalance, 'max-per-node': perNode, ...rest } = service;
  const options: Readonly<Record<string, unknown>> = rest;
  const errors: Fault[] = [...checkCount(path, service)];
  const bounds = isAnyGiven([min, max, perNode, rebalance]);
  if (replicas === undefined && (image === undefined || bounds))
    errors.push(
      finding(path, image === undefined ? 'the service has neither an image nor replicas' : 'bounds need replicas'),
    );
  if (image === undefined && isAnyGiven([command, ...Object.values(options)]))
    errors.push(finding(path, 'these options need an image; for a service of a stack, set them in the compose file'));
  for (const [i, network] of ((options['network'] ?? []) as readonly string[]).entries())
    if (!Object.hasOwn(manifest.networks ?? {}, network) && network !== 'host')
      errors.push(
        finding(
          [...path, 'network', i],
          `there is no network ${network} under networks`,
          `declare the network there; if it exists already, write ${network}: { external: true }`,
        ),
      );
  return errors;
}

const isAnyGiven = (values: readonly unknown[]): boolean => values.some((value) => value !== undefined);

function checkCount(path: readonly string[], { replicas, min, max, mode }: ManifestService): readonly Fault[] {
  if (replicas === undefined) return [];
  const errors: Fault[] = [];
  if (mode !== undefined && mode !== 'replicated')
    errors.push(finding([...path, 'replicas'], `a service in ${mode as string} mode has no replica count`));
  if (min !== undefined && replicas < min)
    errors.push(finding([...path, 'min'], `${replicas} replicas are below min ${min}`));
  if (max !== undefined && replicas > max)
    errors.push(finding([...path, 'max'], `${replicas} replicas are above max ${max}`));
  return errors;
}

function checkCustody({ swarm }: Manifest): readonly Fault[] {
  const autolock = swarm?.autolock;
  if (autolock === undefined || typeof autolock === 'boolean') return [];
  const ways = Object.values(autolock).filter((way) => way !== undefined && way !== false);
  return ways.length === 1 ? [] : [finding(['swarm', 'autolock'], 'name one of keyring, key-file and command')];
}
