import type { HostDescription, OptionValues } from '../driver.js';

/** The data that identifies a host: kept in its machine record. */
export interface DockerState {
  /** Endpoint of the engine that runs it, as in `unix:///var/run/docker.sock`: later commands use the same one. */
  readonly engine: string;
  /** Id of the machine record; the label of everything made for the host. */
  readonly machine: string;
  readonly container: string;
  readonly network: string;
  /** Known once the host was started. */
  readonly engineConfig?: NonNullable<HostDescription['engineConfig']>;
}

/** Labels on what the driver makes. They, not the state, say what exists. */
export const labels = {
  machine: 'swarmup.machine',
  name: 'swarmup.name',
  address: 'swarmup.address',
  /** `<ssh>,<engine>`: ports of 127.0.0.1, when they are published. */
  ports: 'swarmup.ports',
  /** Of whom it is: the swarm (`no-swarm`: none), its id, and the owner of the swarm. */
  swarm: 'swarmup.swarm',
  swarmId: 'swarmup.swarm-id',
  owner: 'swarmup.owner',
  /** On a network: swarmup made it and removes it with its last host. */
  network: 'swarmup.network',
} as const;

/** The driver's options, read by type; the registry has checked them against the declaration. */
export interface DockerOptions {
  readonly host: string | undefined;
  /** An engine of another computer may be without TLS. */
  readonly plainTcp: boolean;
  /** undefined: the network of the swarm. */
  readonly network: string | undefined;
  readonly subnet: string | undefined;
  readonly imageVariant: 'engine' | 'bare';
  readonly cpus: number | undefined;
  readonly memoryMiB: number | undefined;
  readonly publish: boolean | undefined;
}

export function dockerOptions(values: OptionValues): DockerOptions {
  const string = (name: string): string | undefined => {
    const value = values[name];
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const integer = (name: string): number | undefined => {
    const value = values[name];
    return typeof value === 'number' ? value : undefined;
  };
  return {
    host: string('host'),
    plainTcp: values['plain-tcp'] === true,
    network: string('network'),
    subnet: string('subnet'),
    imageVariant: string('image-variant') === 'bare' ? 'bare' : 'engine',
    cpus: integer('cpus'),
    memoryMiB: integer('memory'),
    publish: typeof values['publish'] === 'boolean' ? values['publish'] : undefined,
  };
}

/** Signal that makes systemd halt. Source: systemd(1), SIGRTMIN+3. */
export const haltSignal = 'SIGRTMIN+3';
