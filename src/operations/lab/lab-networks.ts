import { type FoundNetwork, type NetworkBody, networkBody, networkDifferences } from '../../lab/network-body.js';
import { retireNetwork } from '../../swarm/network-api.js';
import type { OperationContext } from '../access/context.js';
import { isSurplus, type WorkloadChange, type WorkloadPlanner } from './workload-change.js';

/** API: GET /networks. */
interface Listed extends FoundNetwork {
  readonly Id: string;
  readonly Name: string;
  readonly Scope: string;
}

/** The overlay networks of a lab. Docker cannot change one: it is removed and made again, which needs it to be unused. */
export async function planNetworks(planner: WorkloadPlanner): Promise<readonly WorkloadChange[]> {
  const { context, lab, engine } = planner;
  const listed =
    (await engine?.request<readonly Listed[] | null>('GET', '/networks', { signal: context.signal })) ?? [];
  const overlays = listed.filter(({ Scope }) => Scope === 'swarm');
  const make = (body: NetworkBody, { signal }: OperationContext): Promise<unknown> =>
    planner.swarm().request('POST', '/networks/create', { body, signal });
  const remove = ({ Id: id, Name: name }: Listed, { signal }: OperationContext): Promise<true> =>
    retireNetwork(planner.swarm(), { id, name }, signal);
  const declared = Object.keys(lab.networks ?? {}).flatMap((name): readonly WorkloadChange[] => {
    if (lab.networks?.[name]?.external === true) return [];
    const found = overlays.find((network) => network.Name === name);
    const body = networkBody(lab, name);
    const about = { what: 'network', name } as const;
    if (found === undefined) return [{ ...about, action: 'create', details: [], act: (own) => make(body, own) }];
    const details = networkDifferences(found, body);
    if (details.length === 0) return [];
    const act = async (own: OperationContext): Promise<void> => {
      await remove(found, own);
      await make(body, own);
    };
    return [{ ...about, action: 'replace', details, act }];
  });
  const surplus = overlays
    .filter((network) => isSurplus(lab, lab.networks, network))
    .map((network): WorkloadChange => ({
      ...{ what: 'network', name: network.Name, action: 'remove', details: [] },
      act: (own) => remove(network, own),
    }));
  return [...declared, ...surplus];
}
