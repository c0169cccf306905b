import type { DriverDeclaration, OptionDeclaration, OptionDeclarations, OptionValues } from '../driver.js';
import type { PluginFlag, PluginValues } from './plugin.js';

/** The declaration of a plugin before it runs. */
export function pluginDeclaration(name: string): DriverDeclaration {
  return {
    apiVersion: 1,
    name,
    description: `machines that the docker-machine plugin ${name} makes`,
    options: {},
    capabilities: { power: true, snapshots: false, injectsHostKey: false, stableAddresses: false },
    preference: 0,
  };
}

/**
 * A plugin's flags as options. They keep their names and variables. None is kept in a machine record: which of them
 * are secret only the plugin knows, and its own record has them all.
 */
export function pluginOptions(flags: readonly PluginFlag[]): OptionDeclarations {
  return Object.fromEntries(flags.map((flag) => [flag.name, optionOf(flag)]));
}

function optionOf({ kind, name, usage, env, default: value }: PluginFlag): OptionDeclaration {
  const shared = { description: usage, flag: name, secret: true, ...(env !== '' && { env }) };
  switch (kind) {
    case 'string':
      return { ...shared, type: kind, ...(value !== '' && { default: String(value) }) };
    case 'integer':
      return { ...shared, type: kind, default: Number(value) };
    case 'boolean':
      return { ...shared, type: kind };
    case 'list':
      return { ...shared, type: kind, default: value as readonly string[] };
  }
}

/**
 * What docker-machine sends with every driver's own flags, and some drivers read; all off, as swarmup installs the
 * engine and makes the swarm itself. Source: docker-machine, commands/create.go, `SharedCreateFlags`.
 */
const sharedFlags: PluginValues = {
  'swarm-master': false,
  'swarm-host': 'tcp://0.0.0.0:3376',
  'swarm-discovery': '',
  'swarm-image': 'swarm:latest',
  'swarm-strategy': 'spread',
  'swarm-addr': '',
  'swarm-opt': [],
  'swarm-join-opt': [],
  'swarm-experimental': false,
  swarm: false,
  'engine-install-url': 'https://get.docker.com',
  'engine-opt': [],
  'engine-insecure-registry': [],
  'engine-registry-mirror': [],
  'engine-label': [],
  'engine-storage-driver': '',
  'engine-env': [],
  'tls-san': [],
};

/** The values of all flags: plugins take one that is missing for a fault. */
export function pluginValues(driver: string, flags: readonly PluginFlag[], given: OptionValues): PluginValues {
  const own = flags.map(({ name, default: value }) => [name, given[name] ?? value] as const);
  return { ...sharedFlags, driver, ...Object.fromEntries(own) };
}
