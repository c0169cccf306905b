import type { NameKind } from './arg-declaration.js';
import type { ServiceRequest } from '../operations/services/plan-changes.js';
import { serviceOptionFlags } from '../operations/services/service-option-flags.js';
import { changeFlags } from './swarm-flags.js';
import type { FlagDeclarations } from './flag-declaration.js';

export const serviceName = {
  service: { description: 'name of the service', required: true, names: 'services' },
} as const;

/** What all commands that change services share. */
export const serviceFlags = {
  ...changeFlags,
  detach: { type: 'boolean', char: 'd', description: 'do not wait until the service has converged' },
  timeout: { type: 'integer', description: 'longest time to wait, in seconds', default: 300, min: 1, value: 'SECONDS' },
} as const;

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
export const optionFlags = (purpose: 'create' | 'update'): FlagDeclarations =>
  Object.fromEntries(
    Object.entries(serviceOptionFlags(purpose)).map(([name, flag]) => {
      const names = named[name.replace(/-(?:add|rm)$/, '')];
      return [name, { ...flag, group: 'SERVICE', ...(names !== undefined && { names }) }] as const;
    }),
  );

/** The options whose values name something of the swarm. */
const named: Readonly<Record<string, NameKind>> = { network: 'networks', secret: 'secrets', config: 'configs' };
