import type { CommandTools } from './command.js';
import type { LabPlan } from '../lab/lab-plan.js';
import type { LocalAction } from '../lab/local-actions.js';
import { exitCodes } from '../lib/exit-codes.js';
import type { CommandIo } from './command-io.js';
import { SwarmupError } from '../lib/errors.js';
import type { OperationContext } from '../operations/access/context.js';
import type { LabRequest } from '../operations/lab/load-lab.js';
import { driverChoice } from './create-request.js';
import { requireManifest } from './find-manifest.js';
import { askYesNo, confirm } from './prompts.js';
import { labPlanText, localText } from './render/lab-plan-text.js';
import { readSettings } from './settings.js';

/** Flags of the commands about a lab. */
export const labFlags = {
  file: {
    type: 'string',
    char: 'f',
    description: 'manifest of the lab [default: swarmup.yaml in this folder or a folder above it]',
    value: 'FILE',
    isManifest: true,
  },
  'driver-override': {
    type: 'string',
    description: 'make all hosts with this driver instead of the drivers in the manifest',
    value: 'NAME',
    names: 'drivers',
  },
} as const;

/** Of the commands that may run what the manifest says on this computer. */
export const trustFlag = {
  type: 'boolean',
  description: 'run the commands in the manifest on this computer without asking whether they may run',
} as const;

interface LabFlagValues {
  readonly trust?: boolean;
  readonly file?: string | undefined;
  readonly 'driver-override'?: string | undefined;
}

/** Which lab, and how new hosts get their driver. Errors: MANIFEST_MISSING, CONFIG_INVALID (exit 2). */
export async function labRequest({ io, drivers }: CommandTools, flags: LabFlagValues): Promise<LabRequest> {
  const { registry } = await drivers();
  const choice = driverChoice(undefined, [], false, registry.declarations, io.env, await readSettings(io));
  const { driver, driverSource = '' } = choice;
  return {
    file: requireManifest(io, flags.file),
    driverOverride: flags['driver-override'],
    defaultDriver: driver === undefined ? undefined : { driver, source: driverSource },
    ...(flags.trust !== undefined && {
      askTrust: (commands, signal) => (flags.trust === true ? Promise.resolve() : askTrust(io, commands, signal)),
    }),
  };
}

/** Errors: CANCELLED; MANIFEST_UNTRUSTED (exit 3) if there is no terminal. */
async function askTrust(io: CommandIo, commands: readonly LocalAction[], signal: AbortSignal): Promise<void> {
  io.say(localText(commands));
  if (!io.isTty('stdin') || !io.isTty('stderr'))
    throw new SwarmupError(
      'MANIFEST_UNTRUSTED',
      'the manifest has commands for this computer that were not approved, and swarmup cannot ask because there is no terminal',
      { exitCode: exitCodes.preflight, hints: ['add --trust to run them'] },
    );
  const question = 'These commands of the manifest run on this computer with your rights. Run them, now and later?';
  if (!(await askYesNo(io, question, signal))) throw new SwarmupError('CANCELLED', 'nothing was changed');
}

/** What `up` would change; changes nothing. Errors: those of `planLab`. */
export async function showPlan({ io, operate, print }: CommandTools, request: LabRequest): Promise<LabPlan> {
  const { planLab } = await import('../operations/lab/plan-lab.js');
  const plan = await operate({ quiet: true }, (context) => planLab(context, request));
  print(labPlanText(io, plan));
  return plan;
}

/** Shows the objects to remove and asks. Errors: CANCELLED; CONFIRMATION_NEEDED (exit 2) if there is no terminal. */
export async function askFor(
  { io }: CommandTools,
  context: OperationContext,
  text: string,
  question: string,
): Promise<void> {
  io.say(text);
  if (!(await confirm(io, question, context.signal))) throw new SwarmupError('CANCELLED', 'nothing was changed');
}
