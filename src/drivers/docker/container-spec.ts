import { type DockerOptions, haltSignal, labels } from './docker-state.js';
import { type Belonging, belongingLabels } from './own-network.js';
import type { PublishedPorts } from './host-container.js';

/** Everything that decides what the container of a host looks like. */
export interface ContainerSpec {
  readonly machine: string;
  readonly name: string;
  readonly belonging: Belonging;
  readonly image: string;
  readonly container: string;
  readonly network: string;
  readonly address: string;
  readonly ports: PublishedPorts | undefined;
  /** False where the engine may not give all rights away: then what systemd and an inner engine need. */
  readonly privileged: boolean;
  /** The engine's machine has kernel modules to show (ip_vs for the swarm's routing mesh). */
  readonly kernelModules: boolean;
  readonly limits: Pick<DockerOptions, 'cpus' | 'memoryMiB'>;
}

/** For a `docker stop` by hand. */
const stopTimeoutSeconds = 20;

/** Folders that no overlay may lie under, since engines put overlays into them: each a volume. */
const dataFolders = { docker: '/var/lib/docker', containerd: '/var/lib/containerd' } as const;

/** Body of POST /containers/create. */
export function containerBody(spec: ContainerSpec): unknown {
  const hostLabels = {
    ...belongingLabels(spec.belonging),
    [labels.machine]: spec.machine,
    [labels.name]: spec.name,
  };
  const { ports } = spec;
  return {
    Image: spec.image,
    Hostname: spec.name,
    StopSignal: haltSignal,
    StopTimeout: stopTimeoutSeconds,
    Labels: {
      ...hostLabels,
      [labels.address]: spec.address,
      ...(ports !== undefined && { [labels.ports]: `${ports.ssh},${ports.engine}` }),
    },
    ...(ports !== undefined && { ExposedPorts: { '22/tcp': {}, '2376/tcp': {} } }),
    HostConfig: {
      ...(spec.privileged ? { Privileged: true } : reducedRights),
      CgroupnsMode: 'private',
      UsernsMode: 'host',
      NetworkMode: spec.network,
      Tmpfs: { '/run': 'exec,mode=755', '/run/lock': '', '/tmp': 'exec,mode=1777' },
      Mounts: Object.entries(dataFolders).map(([what, folder]) => ({
        Type: 'volume',
        // With the machine's id: a host never meets the data of an earlier one of the same name.
        Source: `${spec.container}-${what}-${spec.machine.slice(0, 8)}`,
        Target: folder,
        VolumeOptions: { NoCopy: true, Labels: hostLabels },
      })),
      ...(spec.kernelModules && { Binds: ['/lib/modules:/lib/modules:ro'] }),
      ...(ports !== undefined && {
        PortBindings: { '22/tcp': [loopback(ports.ssh)], '2376/tcp': [loopback(ports.engine)] },
      }),
      ...limitFields(spec.limits),
    },
    NetworkingConfig: {
      EndpointsConfig: { [spec.network]: { IPAMConfig: { IPv4Address: spec.address }, Aliases: [spec.name] } },
    },
  };
}

/** The rights of `--privileged` without CAP_SYS_RESOURCE, which an engine inside a sandbox does not have itself. */
export const reducedRights = {
  CapAdd: ['ALL'],
  CapDrop: ['SYS_RESOURCE'],
  SecurityOpt: ['seccomp=unconfined', 'apparmor=unconfined', 'label=disable'],
  MaskedPaths: [],
  ReadonlyPaths: [],
  DeviceCgroupRules: ['a *:* rwm'],
};

const loopback = (port: number): unknown => ({ HostIp: '127.0.0.1', HostPort: String(port) });

/** Memory without swap on top, as a machine of that size would have. */
function limitFields({ cpus, memoryMiB }: ContainerSpec['limits']): Readonly<Record<string, number>> {
  const bytes = (memoryMiB ?? 0) * 1024 * 1024;
  return {
    ...(cpus !== undefined && { NanoCpus: cpus * 1e9 }),
    ...(memoryMiB !== undefined && { Memory: bytes, MemorySwap: bytes }),
  };
}
