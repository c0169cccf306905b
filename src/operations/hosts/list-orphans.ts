import { errorJson } from '../../lib/error-json.js';
import { type ErrorJson, SwarmupError } from '../../lib/errors.js';
import { exitCodes } from '../../lib/exit-codes.js';
import { swarmup } from '../../lib/typed-command.js';
import { noSwarm } from '../../machine/names.js';
import type { Plan } from '../../plan/plan.js';
import type { PlanOutcome, Step } from '../../plan/step.js';
import { carryOut } from '../access/carry-out.js';
import type { OperationContext } from '../access/context.js';
import { findOrphans, lossLine, type Orphan, orphanNamed } from '../access/orphans.js';
import { removeOrphan } from '../steps/remove-orphan.js';

export type OrphanRow = Orphan & {
  /** `found`: nothing was asked for but the list; `kept`: it stays because its record may be one that cannot be read. */
  readonly status: 'found' | 'kept' | 'would-remove' | 'removed' | 'failed';
  readonly error?: ErrorJson;
};

export interface OrphansResult {
  readonly orphans: readonly OrphanRow[];
  readonly notes: readonly string[];
}

interface OrphansRequest {
  readonly driver?: string | undefined;
  /** Also what other stores made. */
  readonly anyOwner: boolean;
}

interface DeleteRequest extends OrphansRequest {
  /** Empty: all but those of records that cannot be read. */
  readonly names: readonly string[];
  readonly dryRun: boolean;
  /** Asked with what would be lost, a line each; throws to stop. */
  readonly approve?: ((lines: readonly string[]) => Promise<void>) | undefined;
}

/** Errors: those of `findOrphans`. */
export async function listOrphans(context: OperationContext, request: OrphansRequest): Promise<OrphansResult> {
  const { orphans, notes } = await findOrphans(context, request);
  return { orphans: orphans.map((orphan) => ({ ...orphan, status: 'found' })), notes };
}

/**
 * Removes what no record knows. Errors: ORPHAN_UNKNOWN, ORPHAN_AMBIGUOUS (exit 2), ORPHAN_FOREIGN, ORPHAN_RECORDED (exit
 * 3), with nothing changed; those of `approve`; LOCKED. What fails does not stop the rest: its error is in the result.
 */
export async function deleteOrphans(context: OperationContext, request: DeleteRequest): Promise<OrphansResult> {
  const { dryRun, approve } = request;
  const found = await findOrphans(context, { ...request, anyOwner: true });
  const chosen = request.names.length > 0 ? namedOrphans(context, found.orphans, request) : found.orphans;
  const wanted = chosen.filter(({ mine }) => mine || request.anyOwner);
  const kept = wanted.filter(({ unreadable }) => unreadable !== null);
  const isStill = ({ things: [one] }: Orphan, now: readonly Orphan[]): boolean =>
    now.some(({ things }) => things.some(({ name, place }) => name === one?.name && place === one.place));
  const plan = async (): Promise<Plan<OrphansResult>> => {
    // Another command may have taken one over while this one waited for the lock.
    const now = (await findOrphans(context, { ...request, anyOwner: true })).orphans;
    const going = wanted.filter((orphan) => orphan.unreadable === null && isStill(orphan, now));
    const steps = going.map((orphan, i) => removalStep(context, orphan, i));
    const ordered = steps.map((step, i) => ({ ...step, after: going[i]?.machineId === null ? hostSteps(steps) : [] }));
    return {
      steps: ordered,
      ...(approve !== undefined && going.length > 0 && { approve: () => approve(going.map(lossLine)) }),
      result: (outcome) => ({
        orphans: [
          ...steps.map(({ orphan, id }) => ({ ...orphan, ...statusOf(outcome, id, dryRun) })),
          ...kept.map((orphan) => ({ ...orphan, status: 'kept' as const })),
        ],
        notes: [...found.notes, ...kept.map(keptNote)],
      }),
    };
  };
  const locks = wanted.flatMap((orphan) =>
    orphan.fault === null && orphan.machineId !== null
      ? [{ name: orphan.name, swarm: orphan.swarm === noSwarm ? null : orphan.swarm }]
      : [],
  );
  return carryOut(context, { locks, lockTimeoutMs: 60_000, plan }, { dryRun });
}

type RemovalStep = Step & { readonly orphan: Orphan };

const removalStep = (context: OperationContext, orphan: Orphan, i: number): RemovalStep => ({
  orphan,
  id: `${i}/${orphan.name}`,
  host: orphan.name,
  title: 'remove',
  needs: [],
  timeoutMs: 30 * 60_000,
  ...(orphan.swarm !== null && { exclusive: `swarm ${orphan.swarm}` }),
  run: async (step) => {
    await removeOrphan(context, orphan, step, { force: false });
    return 'changed';
  },
});

/** What hosts shared goes when they are gone. */
const hostSteps = (steps: readonly RemovalStep[]): readonly string[] =>
  steps.filter(({ orphan }) => orphan.machineId !== null).map(({ id }) => id);

function statusOf(outcome: PlanOutcome, id: string, dryRun: boolean): Pick<OrphanRow, 'status' | 'error'> {
  const done = outcome.get(id);
  if (done?.status === 'failed') return { status: 'failed', error: errorJson(done.error) };
  if (done?.status === 'skipped' || done === undefined)
    return { status: 'failed', error: errorJson(done?.stoppedBy ?? new Error('the run was stopped')) };
  return { status: dryRun ? 'would-remove' : 'removed' };
}

const keptNote = ({ name, unreadable }: Orphan): string => keptFor(name, unreadable ?? name);

const keptFor = (name: string, unreadable: string): string =>
  `${name} stays: the record of ${unreadable}, which cannot be read, may be its own; ` +
  `${swarmup`adopt ${name}`} takes it over, ${swarmup`rm --force ${unreadable}`} removes it with the record`;

function namedOrphans(
  context: OperationContext,
  all: readonly Orphan[],
  { names, anyOwner }: DeleteRequest,
): readonly Orphan[] {
  const chosen = names.map((name) => {
    const orphan = orphanNamed(context, all, name, anyOwner);
    if (orphan.unreadable === null) return orphan;
    throw new SwarmupError(
      'ORPHAN_RECORDED',
      `the record of ${orphan.unreadable} cannot be read and may be that of ${name}`,
      {
        exitCode: exitCodes.preflight,
        host: name,
        hints: [
          `${swarmup`adopt ${name}`} takes it over with a new record`,
          `${swarmup`rm --force ${orphan.unreadable}`} removes it with its record`,
        ],
      },
    );
  });
  return [...new Set(chosen)];
}
