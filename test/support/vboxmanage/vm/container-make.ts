import { existsSync } from 'node:fs';
import { reducedRights } from '../../../../src/drivers/docker/container-spec.js';
import { tarArchive } from '../../../../src/lib/tar-archive.js';
import { userHome } from '../home.js';
import type { Machine, Nic } from '../model.js';
import { Refusal } from './backend.js';
import { contentBelow, diskContent, setDiskContent } from './container-disks.js';
import { ensureHostOnlyNetwork, homeId, homeLabel } from './container-network.js';
import { engine, engineSays, execIn, tolerant } from './docker.js';
import { guestName, type Seed, seedOf, staticAddress } from './seed.js';

interface Inspected {
  readonly State: { readonly Status: string };
  readonly NetworkSettings: {
    readonly Networks: Readonly<Record<string, { readonly IPAddress: string; readonly MacAddress: string }>>;
  };
}

export const inspectContainer = (container: string): Promise<Inspected> =>
  engine.request('GET', `/containers/${container}/json`);

/** The address that forwards lead to. */
export async function addressOf(container: string): Promise<string | undefined> {
  const { Networks } = (await inspectContainer(container)).NetworkSettings;
  return (Networks[natNetwork] ?? Object.values(Networks)[0])?.IPAddress;
}

export async function commitContainer(container: string): Promise<string> {
  const query = { container, pause: true };
  const { Id } = await engine.request<{ Id: string }>('POST', '/commit', { query, timeoutMs: 120_000 });
  return Id;
}

/**
 * Starts the container of a disk; one that is not there yet is made of what lies below the disk, or of the image for
 * new guests. Its id.
 */
export async function startContainer(machine: Machine, disk: string): Promise<string> {
  const known = diskContent(disk)?.container;
  if (known !== undefined) {
    await tolerant(start(known));
    return known;
  }
  const image = await imageFor(disk);
  for (const privileged of [true, false]) {
    const made = await createContainer(machine, { image, disk, privileged });
    try {
      await start(made);
      setDiskContent(disk, { container: made });
      return made;
    } catch (error) {
      await tolerant(engine.request('DELETE', `/containers/${made}`, { query: { force: true, v: true } }));
      // An engine inside a sandbox may not give all rights away.
      if (!privileged || !engineSays(error, /operation not permitted/i)) throw error;
    }
  }
  throw new Error('unreachable');
}

const start = (container: string): Promise<unknown> =>
  engine.request('POST', `/containers/${container}/start`, { timeoutMs: 120_000 });

async function imageFor(disk: string): Promise<string> {
  const below = contentBelow(disk);
  if (below?.content.image !== undefined) return below.content.image;
  if (below?.content.container !== undefined) {
    const image = await commitContainer(below.content.container);
    setDiskContent(below.medium, { ...below.content, image });
    return image;
  }
  const image = process.env['VBOX_DOUBLE_IMAGE'];
  if (image === undefined) throw new Refusal('VBOX_DOUBLE_IMAGE names no image for guests');
  return image;
}

interface Wanted {
  readonly image: string;
  readonly disk: string;
  readonly privileged: boolean;
}

/** What NAT is here: the engine's own bridge. */
const natNetwork = 'bridge';

interface Endpoint {
  readonly network: string;
  readonly address: string | undefined;
}

async function endpointOf(nic: Nic, seed: Seed | undefined): Promise<Endpoint> {
  if (nic.attachment === 'nat') return { network: natNetwork, address: undefined };
  if (nic.attachment !== 'hostonly')
    throw new Refusal(`Failed to attach the network LUN: no ${nic.attachment} network here (VERR_NOT_SUPPORTED)`);
  return {
    network: await ensureHostOnlyNetwork(nic.networks['hostonly'] ?? ''),
    address: staticAddress(seed, nic.mac),
  };
}

const endpointBody = ({ address }: Endpoint): unknown =>
  address === undefined ? {} : { IPAMConfig: { IPv4Address: address } };

const usedNics = ({ hardware }: Machine): readonly Nic[] =>
  hardware.nics.filter(({ attachment, cable }) => attachment !== 'none' && cable);

/** With the seed in the folder where cloud-init looks for it as well. */
async function createContainer(machine: Machine, { image, disk, privileged }: Wanted): Promise<string> {
  const seed = seedOf(machine);
  const endpoints: Endpoint[] = [];
  for (const nic of usedNics(machine)) endpoints.push(await endpointOf(nic, seed));
  const [first, ...others] = endpoints;
  const { memory, cpus } = machine.hardware.settings;
  const { Id } = await engine.request<{ Id: string }>('POST', '/containers/create', {
    query: { name: `vbox-${homeId()}-${disk.slice(0, 8)}` },
    body: {
      Image: image,
      Hostname: guestName(seed),
      StopSignal: 'SIGRTMIN+4',
      Labels: { [homeLabel]: userHome(), 'vboxmanage.machine': machine.uuid },
      HostConfig: {
        ...(privileged ? { Privileged: true } : reducedRights),
        CgroupnsMode: 'private',
        UsernsMode: 'host',
        NetworkMode: first?.network ?? 'none',
        Memory: Number(memory ?? 1024) * 1024 * 1024,
        NanoCpus: Number(cpus ?? 1) * 1e9,
        Tmpfs: { '/run': 'exec,mode=755', '/run/lock': '', '/tmp': 'exec,mode=1777' },
        Mounts: ['/var/lib/docker', '/var/lib/containerd'].map((Target) => ({
          Type: 'volume',
          Target,
          VolumeOptions: { Labels: { [homeLabel]: userHome() } },
        })),
        ...(existsSync('/lib/modules') && { Binds: ['/lib/modules:/lib/modules:ro'] }),
      },
      ...(first !== undefined && { NetworkingConfig: { EndpointsConfig: { [first.network]: endpointBody(first) } } }),
    },
  });
  for (const endpoint of others) {
    const body = { Container: Id, EndpointConfig: endpointBody(endpoint) };
    await engine.request('POST', `/networks/${endpoint.network}/connect`, { body });
  }
  await engine.request('PUT', `/containers/${Id}/archive`, {
    query: { path: '/var/lib/cloud' },
    headers: { 'content-type': 'application/x-tar' },
    rawBody: await seedArchive(seed),
  });
  return Id;
}

function seedArchive(seed: Seed = new Map()): Promise<Buffer> {
  const folders = ['seed/', 'seed/nocloud/'].map((name) => ({ name, mode: 0o755 }));
  return tarArchive([
    ...folders,
    ...[...seed].map(([name, data]) => ({ name: `seed/nocloud/${name}`, mode: 0o600, data })),
  ]);
}

/** Gives the cards the addresses that the machine's have; where forwards lead to. */
export async function setHardwareAddresses(machine: Machine, container: string): Promise<string | undefined> {
  const { Networks } = (await inspectContainer(container)).NetworkSettings;
  const seed = seedOf(machine);
  for (const nic of usedNics(machine)) {
    const { network } = await endpointOf(nic, seed);
    const given = Networks[network]?.MacAddress;
    if (given === undefined) continue;
    const script =
      'for card in /sys/class/net/*; do [ "$(cat $card/address)" = "$0" ] && exec ip link set dev ${card##*/} address "$1"; done; exit 1';
    const wanted = nic.mac.toLowerCase().replace(/(..)(?=.)/g, '$1:');
    if (wanted !== given) await execIn(container, ['sh', '-c', script, given, wanted]);
  }
  return (Networks[natNetwork] ?? Object.values(Networks)[0])?.IPAddress;
}
