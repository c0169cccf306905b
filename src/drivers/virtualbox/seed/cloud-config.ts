import { readFile } from 'node:fs/promises';
import { parse, stringify } from 'yaml';
import { codeOf, messageOf, type SwarmupError, usageError } from '../../../lib/errors.js';
import type { HostIdentity } from '../../driver.js';
import type { VirtualBoxOptions } from '../options.js';
import { macAddresses, type VirtualBoxState, withColons } from '../state.js';
import { buildIso } from './iso9660.js';

/** cloud-config as YAML gives it. */
export type CloudConfig = Readonly<Record<string, unknown>>;

/** What swarmup relies on; a user's cloud-config may not say otherwise. */
const reserved = ['hostname', 'fqdn', 'preserve_hostname', 'ssh_keys', 'ssh_deletekeys', 'ssh_genkeytypes', 'network'];

/** Reads the user's file. Errors: CLOUD_CONFIG_INVALID (exit 2) with the place. */
export async function readCloudConfig(path: string): Promise<CloudConfig> {
  const invalid = (why: string): SwarmupError =>
    usageError('CLOUD_CONFIG_INVALID', `--virtualbox-cloud-config ${path}: ${why}`);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw invalid(codeOf(error) === 'ENOENT' ? 'the file does not exist' : messageOf(error));
  }
  if (!/^#cloud-config\s*$/m.test(text.split('\n')[0] ?? ''))
    throw invalid('the first line of the file must be #cloud-config');
  let value: unknown;
  try {
    value = parse(text);
  } catch (error) {
    throw invalid(messageOf(error).split('\n')[0] ?? '');
  }
  if (value === null) return {};
  if (!isMap(value)) throw invalid('the file is not a YAML mapping');
  const forbidden = Object.keys(value).find((key) => reserved.includes(key));
  if (forbidden !== undefined) throw invalid(`'${forbidden}' is not allowed because swarmup sets it`);
  return value;
}

/** The seed of a host: cloud-init reads it from a disc with the label `cidata` (its data source NoCloud). */
export function buildSeed(
  host: HostIdentity,
  state: VirtualBoxState,
  options: Pick<VirtualBoxOptions, 'packages' | 'shares'>,
  own: CloudConfig,
): Buffer {
  const files = {
    'meta-data': stringify({ 'instance-id': host.id, 'local-hostname': host.name }),
    'user-data': `#cloud-config\n${stringify(merge(userData(host, state.user, options), own), { lineWidth: 0 })}`,
    'network-config': stringify(networkConfig(state)),
  };
  const named = Object.entries(files).map(([name, text]) => ({ name, data: Buffer.from(text) }));
  return buildIso('cidata', named, new Date());
}

function userData(
  host: HostIdentity,
  user: string,
  { packages, shares }: Pick<VirtualBoxOptions, 'packages' | 'shares'>,
): CloudConfig {
  return {
    hostname: host.name,
    preserve_hostname: false,
    manage_etc_hosts: true,
    users: [
      {
        name: user,
        gecos: 'swarmup',
        shell: '/bin/bash',
        sudo: 'ALL=(ALL) NOPASSWD:ALL',
        lock_passwd: true,
        ssh_authorized_keys: [host.authorizedKey.trim()],
      },
    ],
    disable_root: true,
    ssh_pwauth: false,
    // No key but this one, which is pinned; with it cloud-init makes none itself. An empty list of types would be invalid.
    ssh_deletekeys: true,
    ssh_genkeytypes: ['ed25519'],
    ssh_keys: { ed25519_private: line(host.hostKey.privateKey), ed25519_public: line(host.hostKey.publicKey) },
    growpart: { mode: 'auto', devices: ['/'] },
    resize_rootfs: true,
    ...(packages.length > 0 && { package_update: true, packages: [...packages] }),
    ...(shares.length > 0 && {
      mounts: shares.map(({ name }) => [name, `/${name}`, 'vboxsf', 'rw,nofail,x-systemd.automount', '0', '0']),
    }),
  };
}

const line = (text: string): string => (text.endsWith('\n') ? text : `${text}\n`);

/**
 * Version 2 by MAC address. Names of their own, as the kernel's (eth0, enp0s3) may be taken by the other card while
 * they are given. Without this file cloud-init brings up the first card only.
 */
function networkConfig(state: VirtualBoxState): CloudConfig {
  const { nat, hostOnly } = macAddresses(state);
  return {
    version: 2,
    ethernets: {
      nat0: { match: { macaddress: withColons(nat) }, 'set-name': 'nat0', dhcp4: true },
      swarm0: {
        match: { macaddress: withColons(hostOnly) },
        'set-name': 'swarm0',
        dhcp4: false,
        addresses: [`${state.address}/${String(state.prefix)}`],
      },
    },
  };
}

/** Maps are merged, lists of the user come after ours, other values of the user count. */
export function merge(ours: CloudConfig, theirs: CloudConfig): CloudConfig {
  const merged: Record<string, unknown> = { ...ours };
  for (const [key, value] of Object.entries(theirs)) {
    const known = merged[key];
    if (Array.isArray(known) && Array.isArray(value)) merged[key] = [...(known as unknown[]), ...(value as unknown[])];
    else if (isMap(known) && isMap(value)) merged[key] = merge(known, value);
    else merged[key] = value;
  }
  return merged;
}

const isMap = (value: unknown): value is CloudConfig =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
