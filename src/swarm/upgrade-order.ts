/** The facts that determine when a node is upgraded. */
export interface UpgradableNode {
  readonly name: string;
  readonly isManager: boolean;
  readonly isLeader: boolean;
}

/**
 * The order in which nodes are upgraded: one worker first as a test, then several workers at the same time, then
 * managers one by one, the leader last. Pure.
 */
export function upgradeBatches<N extends UpgradableNode>(
  nodes: readonly N[],
  { maxUnavailable }: { readonly maxUnavailable: number },
): readonly (readonly N[])[] {
  const workers = nodes.filter(({ isManager }) => !isManager);
  const managers = nodes.filter(({ isManager }) => isManager).sort((a, b) => Number(a.isLeader) - Number(b.isLeader));
  const canary = Math.min(1, workers.length);
  const batches: (readonly N[])[] = canary === 0 ? [] : [workers.slice(0, canary)];
  for (let next = canary; next < workers.length; next += maxUnavailable)
    batches.push(workers.slice(next, next + maxUnavailable));
  return [...batches, ...managers.map((manager) => [manager])];
}
