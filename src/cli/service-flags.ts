import { Args, Flags, type Interfaces } from '@oclif/core';
import type { ServiceRequest } from '../operations/services/plan-changes.js';
import { serviceOptionFlags } from '../operations/services/service-option-flags.js';
import { quietFlag } from './hosts-command.js';
import { oclifFlags } from './oclif-flags.js';
import { dryRunFlag, swarmFlag } from './swarm-flags.js';

export const serviceName = { service: Args.string({ description: 'the service', required: true }) };

/** What all commands that change services share. */
export const changeFlags = {
  swarm: swarmFlag,
  'dry-run': dryRunFlag,
  quiet: quietFlag,
  detach: Flags.boolean({ char: 'd', description: 'do not wait until it has converged' }),
  timeout: Flags.integer({ description: 'seconds to wait', default: 300, min: 1, helpValue: '<SECONDS>' }),
};

interface ChangeFlags {
  readonly swarm: string;
  readonly 'dry-run': boolean;
  readonly detach: boolean;
  readonly timeout: number;
}

export const changeRequest = (flags: ChangeFlags): ServiceRequest => ({
  swarm: flags.swarm,
  dryRun: flags['dry-run'],
  detach: flags.detach,
  timeoutMs: flags.timeout * 1000,
});

/** The table of service options as flags; for an update lists are `--env-add` and `--env-rm`. */
export const optionFlags = (purpose: 'create' | 'update'): Interfaces.FlagInput =>
  oclifFlags(serviceOptionFlags(purpose), 'SERVICE');
