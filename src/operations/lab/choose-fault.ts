import { setTimeout as sleepFor } from 'node:timers/promises';
import { SwarmupError, usageError } from '../../lib/errors.js';
import { exitCodes } from '../../lib/exit-codes.js';
import { swarmup } from '../../lib/typed-command.js';
import { type DrillName, type DrillSample, whyUnwell } from '../../lab/drill-report.js';
import type { MachineRecord } from '../../machine/machine-record.js';
import type { OperationContext } from '../access/context.js';
import { type Fault, faultOf } from './drill-faults.js';
import { lookOnce, type Watched } from './drill-watch.js';
import { type LabRequest, loadLab } from './load-lab.js';
import { labRecords } from './lab-records.js';
import { swarmMachines } from '../access/swarm-access.js';

export interface DrillRequest extends LabRequest {
  readonly drill: DrillName;
  /** The victim; undefined: the one that hurts most. */
  readonly host: string | undefined;
  /** Command that is run all the time on a host that is not hit; each failure is a lost request. */
  readonly probe: string | undefined;
  /** The fault lasts until tasks and leader have moved, at most so long. */
  readonly holdMs: number;
  /** How long the lab may take to be well afterwards. */
  readonly recoverMs: number;
  /** Only reports which hosts would be hit and what would be done. */
  readonly dryRun: boolean;
}

export const lookEveryMs = 500;
/** So long it is waited for a lab that was just made, or hurt. */
const wellWithinMs = 30_000;

/** A lab that may be hurt, and its hosts. Errors: LAB_EMPTY (exit 2), NOT_A_LAB, LAB_PROTECTED (exit 3); those of `loadLab`. */
export async function hurtableLab(
  context: OperationContext,
  request: DrillRequest,
): Promise<{ readonly lab: string; readonly members: readonly MachineRecord[] }> {
  const { name, protect } = await loadLab(context, request);
  if (protect)
    throw new SwarmupError('LAB_PROTECTED', `lab ${name} is protected, so drills are not allowed`, {
      exitCode: exitCodes.preflight,
    });
  return { lab: name, members: await requireLab(context, name) };
}

/** Only what `up` made may be hurt. */
async function requireLab(context: OperationContext, lab: string): Promise<readonly MachineRecord[]> {
  const members = await labRecords(context, lab);
  const others = (await swarmMachines(context, lab)).filter((record) => record.lab?.name !== lab);
  if (members.length > 0 && others.length === 0) return members;
  if (members.length === 0 && others.length === 0)
    throw usageError('LAB_EMPTY', `lab ${lab} has no hosts yet`, `${swarmup`up`} makes them`);
  const names = others.map(({ name }) => name).join(', ');
  throw new SwarmupError('NOT_A_LAB', `swarm ${lab} has hosts that were not made for a lab: ${names}`, {
    exitCode: exitCodes.preflight,
    hints: [`drills work only on labs that ${swarmup`up`} has made`],
  });
}

/** The fault of a drill, and how the lab was before it. */
export interface ChosenFault {
  readonly first: DrillSample;
  readonly fault: Fault;
}

/** Errors: LAB_UNWELL (exit 6); those of `faultOf`. */
export async function chooseFault(
  context: OperationContext,
  all: Watched,
  { drill, host, holdMs }: DrillRequest,
  now: () => number,
): Promise<ChosenFault> {
  const first = await wellAtFirst(context, all, now);
  const { leader, tasks } = first;
  const endsAfterS = Math.ceil(holdMs / 1000) + 60;
  const fault = await faultOf(context, { drill, members: all.members, leader, tasks, host, endsAfterS });
  return { first, fault };
}

/** A manager that has much to do may miss one look. Errors: LAB_UNWELL (exit 6). */
async function wellAtFirst(
  context: OperationContext,
  all: Watched,
  now: () => number,
): Promise<Awaited<ReturnType<typeof lookOnce>>> {
  for (;;) {
    const sample = await lookOnce(context, all, now());
    const why = whyUnwell(sample);
    if (why === undefined) return sample;
    if (now() >= wellWithinMs)
      throw new SwarmupError('LAB_UNWELL', `lab ${all.lab} is not healthy, so a drill would prove nothing: ${why}`, {
        exitCode: exitCodes.unhealthy,
        hints: [`${swarmup`status`} shows more`, `${swarmup`up`} repairs what it can`],
      });
    await sleepFor(lookEveryMs, undefined, { signal: context.signal });
  }
}
