import { exitCodes } from '../../lib/exit-codes.js';
import type { CommandCall, CommandContext, CommandOutcome } from '../driver.js';
import { givenAccess } from './aws-account.js';
import { awsOptions } from './aws-options.js';
import type { AwsSite } from './aws-site.js';
import type { AwsAccess, AwsState } from './aws-state.js';
import { checkPermissions, type Permission } from './check-permissions.js';
import { allowCommand } from './allow-command.js';
import { orphansCommand } from './orphans-command.js';
import { awsPolicy } from './policy.js';

type OpenSite = (access: Partial<AwsAccess>) => Promise<AwsSite>;

export interface AwsCheckResult {
  readonly region: string;
  readonly permissions: readonly Permission[];
}

/** Errors: those of credentials, region and permissions (exit 3), of each command its own. */
export function runCommand(
  open: OpenSite,
  context: CommandContext<AwsState>,
  call: CommandCall,
): Promise<CommandOutcome> {
  switch (call.command) {
    case 'allow':
      return allowCommand(open, context, call);
    case 'check':
      return check(open, context);
    case 'orphans':
      return orphansCommand(open, context, call);
    case 'policy':
      return Promise.resolve(policy(context, call));
    default:
      throw new Error(`the driver aws has no command ${call.command}`);
  }
}

/** Tries every permission that the driver needs, without doing anything. */
async function check(open: OpenSite, context: CommandContext<AwsState>): Promise<CommandOutcome> {
  const site = await open(givenAccess(context));
  const permissions = await checkPermissions(site, awsOptions(context.options), context.owner, context.signal);
  const result: AwsCheckResult = { region: site.access.region, permissions };
  const rows = permissions.map(({ action, allowed, detail }) => [
    action,
    allowed === null ? 'not tried' : allowed ? 'yes' : 'no',
    detail,
  ]);
  return {
    result,
    text: [{ head: ['PERMISSION', 'ALLOWED', 'DETAIL'], rows }],
    exitCode: permissions.some(({ allowed }) => allowed === false) ? exitCodes.preflight : exitCodes.ok,
  };
}

function policy({ owner }: CommandContext<AwsState>, { flags }: CommandCall): CommandOutcome {
  const roles = flags['pass-role'] as readonly string[];
  const result = awsPolicy({ roles, ...(flags['own-only'] === true && { owner }) });
  return { result, text: [JSON.stringify(result, null, 2)] };
}
