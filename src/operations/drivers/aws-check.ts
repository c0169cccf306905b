import { givenAccess, openAccount } from '../../drivers/aws/aws-account.js';
import { awsOptions } from '../../drivers/aws/aws-options.js';
import { checkPermissions, type Permission } from '../../drivers/aws/check-permissions.js';
import { explained } from '../../drivers/aws/explain-failure.js';
import type { OptionValues } from '../../drivers/driver.js';
import type { OperationContext } from '../access/context.js';

export interface AwsCheckResult {
  readonly region: string;
  readonly permissions: readonly Permission[];
}

/** Tries every permission that the driver needs, without doing anything. Errors: AWS_CREDENTIALS, AWS_REGION_MISSING. */
export async function awsCheck(context: OperationContext, options: OptionValues): Promise<AwsCheckResult> {
  const access = givenAccess({ options, env: context.env });
  try {
    const site = await openAccount(access);
    const permissions = await checkPermissions(site, awsOptions(options), context.signal);
    return { region: site.access.region, permissions };
  } catch (error) {
    context.signal.throwIfAborted();
    throw explained(error, access);
  }
}
