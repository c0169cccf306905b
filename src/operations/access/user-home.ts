import { usageError } from '../../lib/errors.js';
import type { OperationContext } from './context.js';

/** The user's own home folder, where other programs look for their settings. Errors: HOME_UNKNOWN (exit 2). */
export function userHome({ env }: Pick<OperationContext, 'env'>): string {
  const home = [env['HOME'], env['USERPROFILE']].find((value) => value !== undefined && value !== '');
  if (home !== undefined) return home;
  throw usageError(
    'HOME_UNKNOWN',
    'swarmup cannot find your home folder: HOME is not set',
    'set HOME to the path of your home folder',
  );
}
