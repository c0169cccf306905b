import { stableJson } from '../lib/stable-json.js';
import { differences } from './differences.js';
import { type Lab, labLabel } from './lab.js';

/** An overlay network as the engine reports it. */
export interface FoundNetwork {
  readonly Attachable?: boolean;
  readonly Internal?: boolean;
  readonly Labels?: Readonly<Record<string, string>> | null;
  readonly Options?: Readonly<Record<string, string>> | null;
  readonly IPAM?: { readonly Config?: readonly { readonly Subnet?: string }[] | null };
}

export type NetworkBody = ReturnType<typeof networkBody>;

/** API: POST /networks/create, for a network of the manifest. Pure. */
export function networkBody(lab: Pick<Lab, 'name' | 'networks'>, name: string) {
  const { attachable = false, internal = false, encrypted = false, subnet, labels = {} } = lab.networks?.[name] ?? {};
  const own = Object.fromEntries(Object.entries(labels).map(([key, value]) => [key, String(value)]));
  return {
    Name: name,
    CheckDuplicate: true,
    Driver: 'overlay',
    Attachable: attachable,
    Internal: internal,
    Options: encrypted ? { encrypted: '' } : {},
    Labels: { ...own, [labLabel]: lab.name },
    ...(subnet !== undefined && { IPAM: { Driver: 'default', Config: [{ Subnet: subnet }] } }),
  };
}

/** The engine adds options of its own (the VXLAN ids), and a subnet where none was asked for. */
export function networkDifferences(found: FoundNetwork, wanted: NetworkBody): readonly string[] {
  const subnet = wanted.IPAM?.Config[0]?.Subnet;
  return differences([
    ['attachable', found.Attachable ?? false, wanted.Attachable],
    ['internal', found.Internal ?? false, wanted.Internal],
    ['encrypted', 'encrypted' in (found.Options ?? {}), 'encrypted' in wanted.Options],
    ['subnet', subnet === undefined ? undefined : (found.IPAM?.Config?.[0]?.Subnet ?? 'none'), subnet],
    ['labels', stableJson(found.Labels ?? {}), stableJson(wanted.Labels)],
  ]);
}
