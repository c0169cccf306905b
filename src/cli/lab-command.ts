import { Flags } from '@oclif/core';
import type { LabPlan } from '../lab/lab-plan.js';
import { SwarmupError } from '../lib/errors.js';
import type { OperationContext } from '../operations/access/context.js';
import type { LabRequest } from '../operations/lab/load-lab.js';
import { BaseCommand } from './base-command.js';
import { driverChoice } from './create-request.js';
import { requireManifest } from './find-manifest.js';
import { confirm } from './prompts.js';
import { labPlanText } from './render/lab-plan-text.js';
import { readSettings } from './settings.js';

/** Flags of the commands about a lab. */
export const labFlags = {
  file: Flags.string({
    char: 'f',
    description: 'the manifest [default: swarmup.yaml here or in a folder above]',
    helpValue: '<FILE>',
  }),
  'driver-override': Flags.string({
    description: 'this driver makes all hosts, whatever the manifest says',
    helpValue: '<NAME>',
  }),
};

interface LabFlagValues {
  readonly file?: string | undefined;
  readonly 'driver-override'?: string | undefined;
}

/** A command about the lab of the working folder. */
export abstract class LabCommand extends BaseCommand {
  /** Which lab, and how new hosts get their driver. Errors: MANIFEST_MISSING, CONFIG_INVALID (exit 2). */
  protected async labRequest(flags: LabFlagValues): Promise<LabRequest> {
    const { registry } = await this.settings.drivers();
    const choice = driverChoice(undefined, [], false, registry.declarations, this.io.env, await readSettings(this.io));
    const { driver, driverSource = '' } = choice;
    return {
      file: requireManifest(this.io, flags.file),
      driverOverride: flags['driver-override'],
      defaultDriver: driver === undefined ? undefined : { driver, source: driverSource },
    };
  }

  /** What `up` would change; changes nothing. Errors: those of `planLab`. */
  protected async showPlan(request: LabRequest): Promise<LabPlan> {
    const { planLab } = await import('../operations/lab/plan-lab.js');
    const plan = await this.operate({ quiet: true }, (context) => planLab(context, request));
    this.print(labPlanText(this.io, plan));
    return plan;
  }

  /** Shows what goes and asks. Errors: CANCELLED; CONFIRMATION_NEEDED (exit 2) where nobody can answer. */
  protected async askFor(context: OperationContext, text: string, question: string): Promise<void> {
    this.io.say(text);
    if (!(await confirm(this.io, question, context.signal))) throw new SwarmupError('CANCELLED', 'nothing was changed');
  }
}
