import { existsSync } from 'node:fs';
import { containerBody } from '../../src/drivers/docker/container-spec.js';
import { tarArchive } from '../../src/lib/tar-archive.js';
import type { Backend } from '../support/ec2/backend.js';
import { ensureGuestImage } from '../support/guest-image.js';
import { outerEngine } from './outer-engine.js';

/**
 * Instances that are real: containers of the machine's engine with systemd, sshd and cloud-init, which reads the
 * user-data as on EC2 and does what it says. Each has two networks: the VPC, whose address stays, and the one of the
 * public addresses, of which it gets another at each start.
 */
export function containerInstances(prefix: () => string): Backend {
  const instances = new Map<string, { readonly container: string; readonly wantsPublic: boolean }>();
  let ready: Promise<Ground> | undefined;
  let privates = 9;
  let publics = 9;
  const ground = (): Promise<Ground> => (ready ??= prepare(prefix()));
  const expose = async (container: string): Promise<string> => {
    const { publicNet } = await ground();
    const address = `${publicNet.base}.${++publics}`;
    await outerEngine.request('POST', `/networks/${publicNet.name}/connect`, {
      body: { Container: container, EndpointConfig: { IPAMConfig: { IPv4Address: address } } },
    });
    return address;
  };
  const power = (container: string, verb: string): Promise<unknown> =>
    outerEngine.request('POST', `/containers/${container}/${verb}`, { timeoutMs: 120_000 });
  const find = (id: string): { readonly container: string; readonly wantsPublic: boolean } => {
    const found = instances.get(id);
    if (found === undefined) throw new Error(`there is no container of ${id}`);
    return found;
  };
  return {
    async launch({ id, publicIp, userData }) {
      const { image, privateNet } = await ground();
      const container = `${prefix()}-${id.slice(-8)}`;
      const privateIp = `${privateNet.base}.${++privates}`;
      instances.set(id, { container, wantsPublic: publicIp !== undefined });
      const spec = {
        machine: id.slice(-8),
        name: `ip-${privateIp.replaceAll('.', '-')}`,
        image,
        container,
        network: privateNet.name,
        address: privateIp,
        ports: undefined,
        privileged: false,
        kernelModules: existsSync('/lib/modules'),
        belonging: { swarm: 'no-swarm', id: '00000000-0000-4000-8000-000000000000', owner: 'tests' },
        limits: { cpus: undefined, memoryMiB: undefined },
      };
      await outerEngine.request('POST', '/containers/create', {
        query: { name: container },
        body: containerBody(spec),
      });
      await putSeed(container, id, userData);
      const given = publicIp === undefined ? {} : { publicIp: await expose(container) };
      await power(container, 'start');
      return { privateIp, ...given };
    },
    async stop(id, force) {
      const { container, wantsPublic } = find(id);
      await power(container, force ? 'kill' : 'stop?t=30');
      if (!wantsPublic) return;
      const body = { Container: container, Force: true };
      await outerEngine.request('POST', `/networks/${(await ground()).publicNet.name}/disconnect`, { body });
    },
    async start(id, publicIp) {
      const { container } = find(id);
      const given = publicIp === undefined ? {} : { publicIp: await expose(container) };
      await power(container, 'start');
      return given;
    },
    async reboot(id) {
      await power(find(id).container, 'restart?t=30');
    },
    async terminate(id) {
      const { container } = find(id);
      await outerEngine.request('DELETE', `/containers/${container}`, {
        query: { force: true, v: true },
        timeoutMs: 120_000,
      });
      for (const what of ['docker', 'containerd'])
        await outerEngine.request('DELETE', `/volumes/${container}-${what}-${id.slice(-8)}`, { timeoutMs: 60_000 });
      instances.delete(id);
    },
  };
}

interface Net {
  readonly name: string;
  /** Of its addresses, without their last number. */
  readonly base: string;
}

interface Ground {
  readonly image: string;
  readonly privateNet: Net;
  readonly publicNet: Net;
}

async function prepare(prefix: string): Promise<Ground> {
  return {
    image: await ensureGuestImage(),
    privateNet: await makeNetwork(`${prefix}-vpc`),
    publicNet: await makeNetwork(`${prefix}-public`),
  };
}

/** Addresses can be chosen only in a network with a subnet of its own: the one that the engine would take. */
async function makeNetwork(name: string): Promise<Net> {
  const make = (more: object): Promise<unknown> =>
    outerEngine.request('POST', '/networks/create', { body: { Name: name, Driver: 'bridge', ...more } });
  await make({});
  const { IPAM } = await outerEngine.request<{ IPAM: { Config: { Subnet: string }[] } }>('GET', `/networks/${name}`);
  await outerEngine.request('DELETE', `/networks/${name}`);
  const Subnet = IPAM.Config[0]?.Subnet ?? '';
  await make({ IPAM: { Config: [{ Subnet }] } });
  return { name, base: Subnet.split('.').slice(0, 3).join('.') };
}

/** What makes the image Ubuntu's, as far as it matters. The default user is who cloud-init gives keys to. */
const cloudConfig = `apt: {preserve_sources_list: true}
system_info:
  default_user:
    name: ubuntu
    lock_passwd: true
    groups: [adm, sudo]
    sudo: ["ALL=(ALL) NOPASSWD:ALL"]
    shell: /bin/bash
`;

/** Where cloud-init looks first: as the metadata service would say it. With it goes what the image of EC2 has of its own. */
async function putSeed(container: string, id: string, userData: Buffer | undefined): Promise<void> {
  const seed = 'var/lib/cloud/seed/nocloud/';
  await outerEngine.request('PUT', `/containers/${container}/archive`, {
    query: { path: '/' },
    headers: { 'content-type': 'application/x-tar' },
    rawBody: await tarArchive([
      { name: 'etc/cloud/cloud.cfg.d/99-instance.cfg', mode: 0o644, data: cloudConfig },
      { name: 'var/lib/cloud/', mode: 0o755 },
      { name: 'var/lib/cloud/seed/', mode: 0o755 },
      { name: seed, mode: 0o700 },
      { name: `${seed}meta-data`, mode: 0o600, data: `instance-id: ${id}\n` },
      { name: `${seed}user-data`, mode: 0o600, data: userData ?? '' },
    ]),
  });
}
