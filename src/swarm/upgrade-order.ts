/** What decides about when a node's turn is. */
export interface UpgradableNode {
  readonly name: string;
  readonly isManager: boolean;
  readonly isLeader: boolean;
}

/**
 * In which order nodes are upgraded: one worker first, on which is seen whether it goes well, then workers by so many
 * at once, managers one by one, the leader last. Pure. `isBegun`: the first one has been.
 */
export function upgradeBatches<N extends UpgradableNode>(
  nodes: readonly N[],
  { maxUnavailable, isBegun = false }: { readonly maxUnavailable: number; readonly isBegun?: boolean },
): readonly (readonly N[])[] {
  const workers = nodes.filter(({ isManager }) => !isManager);
  const managers = nodes.filter(({ isManager }) => isManager).sort((a, b) => Number(a.isLeader) - Number(b.isLeader));
  const canary = isBegun ? 0 : Math.min(1, workers.length);
  const batches: (readonly N[])[] = canary === 0 ? [] : [workers.slice(0, canary)];
  for (let next = canary; next < workers.length; next += maxUnavailable)
    batches.push(workers.slice(next, next + maxUnavailable));
  return [...batches, ...managers.map((manager) => [manager])];
}
