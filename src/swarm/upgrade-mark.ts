import type { SwarmNode } from './swarm-api.js';

type Spec = SwarmNode['Spec'];

/** On a node that is drained to be upgraded: its availability before, so that a later run can give it back. */
const mark = 'swarmup.upgrading';

/**
 * Whether an upgrade has paused or drained the node and did not give it back: a run was killed, or the engine did not
 * come back.
 */
export const isBeingUpgraded = ({ Spec }: { readonly Spec: Spec }): boolean =>
  Spec.Availability !== 'active' && hasMark(Spec);

/** Whether a mark says nothing any more: somebody else has let the node take tasks again. */
export const hasStaleMark = ({ Spec }: { readonly Spec: Spec }): boolean =>
  Spec.Availability === 'active' && hasMark(Spec);

const hasMark = ({ Labels }: Spec): boolean => Labels?.[mark] !== undefined;

/** Remembers the availability of a node that is about to be drained; what an earlier run remembers holds. */
export const withMark = (spec: Spec): Spec =>
  isBeingUpgraded({ Spec: spec }) ? spec : { ...spec, Labels: { ...spec.Labels, [mark]: spec.Availability } };

/** For whoever says what the node is to be: no upgrade may give it back later. */
export function withoutMark(spec: Spec): Spec {
  if (!hasMark(spec)) return spec;
  const labels = Object.entries(spec.Labels ?? {}).filter(([key]) => key !== mark);
  return { ...spec, Labels: Object.fromEntries(labels) };
}

/** As the node was before it was marked; one that is not stays as it is. */
export function givenBack(spec: Spec): Spec {
  const before = spec.Labels?.[mark];
  return before === undefined ? spec : { ...withoutMark(spec), Availability: before as Spec['Availability'] };
}
