import { stableJson } from '../../lib/stable-json.js';
import { retireNetwork } from '../../swarm/network-api.js';
import { labLabel, type WorkloadChange, type WorkloadPlanner } from './workload-change.js';

/** API: GET /networks. */
interface Listed {
  readonly Id: string;
  readonly Name: string;
  readonly Scope: string;
  readonly Attachable?: boolean;
  readonly Internal?: boolean;
  readonly Labels?: Readonly<Record<string, string>> | null;
  readonly Options?: Readonly<Record<string, string>> | null;
  readonly IPAM?: { readonly Config?: readonly { readonly Subnet?: string }[] | null };
}

/** The overlay networks of a lab. Docker cannot change one: it is removed and made again, which needs it to be unused. */
export async function planNetworks(planner: WorkloadPlanner): Promise<readonly WorkloadChange[]> {
  const { context, lab, engine } = planner;
  const { signal } = context;
  const listed = (await engine?.request<readonly Listed[] | null>('GET', '/networks', { signal })) ?? [];
  const overlays = listed.filter(({ Scope }) => Scope === 'swarm');
  const make = async (name: string): Promise<void> => {
    await planner.swarm().request('POST', '/networks/create', { body: networkBody(planner, name), signal });
  };
  const remove = (id: string, name: string): Promise<true> => retireNetwork(planner.swarm(), { id, name }, signal);
  const changes: WorkloadChange[] = [];
  for (const [name, wanted] of Object.entries(lab.networks ?? {})) {
    const found = overlays.find((network) => network.Name === name);
    if (wanted?.external === true) continue;
    const about = { what: 'network', name } as const;
    if (found === undefined) changes.push({ ...about, action: 'create', details: [], act: () => make(name) });
    else {
      const details = differences(found, networkBody(planner, name));
      const act = async (): Promise<void> => {
        await remove(found.Id, name);
        await make(name);
      };
      if (details.length > 0) changes.push({ ...about, action: 'replace', details, act });
    }
  }
  for (const { Id, Name, Labels } of overlays)
    if (Labels?.[labLabel] === lab.name && !Object.hasOwn(lab.networks ?? {}, Name))
      changes.push({
        ...{ what: 'network', name: Name, action: 'remove', details: [] },
        act: async () => {
          await remove(Id, Name);
        },
      });
  return changes;
}

type Body = ReturnType<typeof networkBody>;

function networkBody({ lab }: WorkloadPlanner, name: string) {
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
function differences(found: Listed, wanted: Body): readonly string[] {
  const subnet = found.IPAM?.Config?.[0]?.Subnet;
  const wantedSubnet = wanted.IPAM?.Config[0]?.Subnet;
  const differs: readonly (readonly [string, string | boolean | undefined, string | boolean | undefined])[] = [
    ['attachable', found.Attachable ?? false, wanted.Attachable],
    ['internal', found.Internal ?? false, wanted.Internal],
    ['encrypted', 'encrypted' in (found.Options ?? {}), 'encrypted' in wanted.Options],
    ['subnet', wantedSubnet === undefined ? undefined : subnet, wantedSubnet],
    ['labels', stableJson(found.Labels ?? {}), stableJson(wanted.Labels)],
  ];
  return differs
    .filter(([, is, should]) => is !== should)
    .map(([what, is, should]) => `${what} ${String(is ?? 'none')} -> ${String(should)}`);
}
