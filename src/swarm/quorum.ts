/** How many managers may fail before the swarm stops taking changes (raft: a majority must be reachable). */
export const faultTolerance = (managers: number): number => Math.floor((managers - 1) / 2);

/** How many managers must be reachable. */
export const quorumOf = (managers: number): number => Math.floor(managers / 2) + 1;

/** The warning for a number of managers that buys nothing, or undefined for a sound one. */
export function managerCountWarning(managers: number): string | undefined {
  if (managers < 2) return undefined;
  const lost = faultTolerance(managers);
  if (managers % 2 === 0)
    return (
      `${managers} managers need a quorum of ${quorumOf(managers)} and survive the loss of ` +
      `${lost}, no more than ${managers - 1} would: use ${managers - 1} or ${managers + 1}`
    );
  return managers > 7
    ? `${managers} managers slow down every change of the swarm; 3, 5 or 7 managers are usual`
    : undefined;
}
