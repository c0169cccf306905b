import type { SwarmNode } from './swarm-api.js';

type Spec = SwarmNode['Spec'];

/** On a node that is drained to be upgraded: its availability before, so that a later run can give it back. */
const mark = 'swarmup.upgrading';

/**
 * Whether an upgrade has paused or drained the node and did not undo it: the run was killed, or the engine did not come
 * back.
 */
export const isBeingUpgraded = ({ Spec }: { readonly Spec: Spec }): boolean =>
  Spec.Availability !== 'active' && hasMark(Spec);

/** Whether a mark is out of date, because the node was allowed to take tasks again in another way. */
export const hasStaleMark = ({ Spec }: { readonly Spec: Spec }): boolean =>
  Spec.Availability === 'active' && hasMark(Spec);

const hasMark = ({ Labels }: Spec): boolean => Labels?.[mark] !== undefined;

/** Remembers the availability of a node that is about to be drained; the mark of an earlier run stays. */
export const withMark = (spec: Spec): Spec =>
  isBeingUpgraded({ Spec: spec }) ? spec : { ...spec, Labels: { ...spec.Labels, [mark]: spec.Availability } };

/**
 * Removes the mark when the availability of a node is set on purpose, so that no later upgrade restores the old one.
 */
export function withoutMark(spec: Spec): Spec {
  if (!hasMark(spec)) return spec;
  const labels = Object.entries(spec.Labels ?? {}).filter(([key]) => key !== mark);
  return { ...spec, Labels: Object.fromEntries(labels) };
}

/** The node as it was before it was marked; a node without a mark stays as it is. */
export function givenBack(spec: Spec): Spec {
  const before = spec.Labels?.[mark];
  return before === undefined ? spec : { ...withoutMark(spec), Availability: before as Spec['Availability'] };
}
