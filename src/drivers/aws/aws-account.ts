import type { DriverContext } from '../driver.js';
import { awsTiming } from './aws-region.js';
import type { AwsSite } from './aws-site.js';
import type { AwsAccess } from './aws-state.js';

/** The access that options and environment name; the region may come from the profile, which the SDK reads. */
export function givenAccess({ options, env }: Pick<DriverContext, 'options' | 'env'>): Partial<AwsAccess> {
  const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);
  const region = text(options['region']) ?? text(env['AWS_REGION']) ?? text(env['AWS_DEFAULT_REGION']);
  const profile = text(options['profile']);
  const endpoint = text(options['endpoint-url']);
  return {
    ...(region !== undefined && { region }),
    ...(profile !== undefined && { profile }),
    ...(endpoint !== undefined && { endpoint }),
  };
}

/**
 * Loads the AWS SDK. Errors: AWS_REGION_MISSING (exit 3), OPTION_INVALID (exit 2) for an endpoint that is not a URL.
 */
export async function openAccount(access: Partial<AwsAccess>, timing = awsTiming): Promise<AwsSite> {
  const { openSite } = await import('./aws-site.js');
  const { region, profile, endpoint } = access;
  return openSite({ region, profile, endpoint }, timing);
}
