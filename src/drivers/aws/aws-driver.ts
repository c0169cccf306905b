import type { CreateContext, Driver, DriverContext, HostDescription, HostIdentity, HostStatus } from '../driver.js';
import { messageOf, SwarmupError } from '../../lib/errors.js';
import { exitCodes } from '../../lib/exit-codes.js';
import { givenAccess, openAccount } from './aws-account.js';
import { awsTiming, type AwsTiming } from './aws-region.js';
import type { AwsSite } from './aws-site.js';
import type { AwsAccess, AwsState } from './aws-state.js';
import { awsDeclaration } from './declaration.js';
import { explained } from './explain-failure.js';

const stateFromOutside: NonNullable<Driver<AwsState>['stateFromOutside']> = async (state, host) =>
  (await import('./outside-state.js')).awsState(state, host);

/**
 * The `aws` driver. Its parts, and the AWS SDK, are loaded when the first verb needs them. All verbs that are called
 * at once for hosts of the same region share their calls to EC2.
 */
export function createAwsDriver(timing: Partial<AwsTiming> = {}): Driver<AwsState> {
  const open = openOnce({ ...awsTiming, ...timing });
  const siteOf = (context: DriverContext, state?: AwsState): Promise<AwsSite> => open(state ?? givenAccess(context));
  return {
    ...awsDeclaration,

    async check(context, names, managers = []) {
      const { checkAws } = await import('./check-aws.js');
      return checkAws(() => siteOf(context), context, names, managers);
    },

    takeOver: async (context, host, config) =>
      (await import('./take-over.js')).takeOver(givenAccess(context), host, config),

    estimate: (context, names) =>
      telling(givenAccess(context), undefined, async () => {
        const { estimateCost } = await import('./estimate-cost.js');
        return estimateCost(() => siteOf(context), context.options, names.length, context.signal);
      }),

    inventory: inventoryOf(open),
    stateFromOutside,
    runCommand: (context, call) =>
      telling(givenAccess(context), undefined, async () =>
        (await import('./run-command.js')).runCommand(open, context, call),
      ),

    create: (context, host, state) => createOrTell(siteOf, context, host, state),

    async inspect(context, states) {
      const { describeStatus } = await import('./inspect-host.js');
      const statuses = await Promise.all(
        states.map(async (state): Promise<HostStatus> => {
          if (state === undefined) return { state: 'absent', detail: 'nothing was made for the host yet' };
          try {
            return await describeStatus(await siteOf(context, state), state, context.signal);
          } catch (error) {
            return { state: 'error', detail: messageOf(explained(error, state)) };
          }
        }),
      );
      context.signal.throwIfAborted();
      return statuses;
    },

    start: (context, state) =>
      telling(state, undefined, async () => {
        const { startHost } = await import('./inspect-host.js');
        return startHost(await siteOf(context, state), state, context.signal);
      }),

    stop: (context, state, { force }) =>
      telling(state, undefined, async () => {
        const { stopHost } = await import('./power-host.js');
        await stopHost(await siteOf(context, state), state, force, context.signal);
      }),

    remove: (context, host, state, options) =>
      telling(state ?? givenAccess(context), host.name, async () => {
        const { removeHost } = await import('./remove-host.js');
        await removeHost(await siteOf(context, state), context, host, state, options?.force ?? false);
      }),
  };
}

function inventoryOf(
  open: (given: Partial<AwsAccess>) => Promise<AwsSite>,
): NonNullable<Driver<AwsState>['inventory']> {
  return {
    list: (context, states) =>
      telling(givenAccess(context), undefined, async () =>
        (await import('./inventory.js')).listThings(open, context, states),
      ),
    remove: (context, things) =>
      telling(givenAccess(context), undefined, async () => {
        const { removeThings } = await import('./inventory.js');
        await removeThings(open, context, things);
      }),
    rebuild: (context, machine, things) =>
      telling(givenAccess(context), undefined, async () =>
        (await import('./rebuild-host.js')).rebuildHost(open, context, machine, things),
      ),
  };
}

async function createOrTell(
  siteOf: (context: DriverContext, state?: AwsState) => Promise<AwsSite>,
  context: CreateContext<AwsState>,
  host: HostIdentity,
  state: AwsState | undefined,
): Promise<HostDescription> {
  let saved = state;
  const save = async (next: AwsState): Promise<void> => {
    await context.save(next);
    saved = next;
  };
  try {
    return await telling(state ?? givenAccess(context), host.name, async () => {
      context.signal.throwIfAborted();
      const { createHost } = await import('./create-host.js');
      return createHost(await siteOf(context, state), { ...context, save }, host, state);
    });
  } catch (error) {
    throw saved?.launch === undefined ? error : afterLaunch(error);
  }
}

/** A refusal that comes after the launch: something was changed, so that it does not count as a preflight. */
function afterLaunch(error: unknown): unknown {
  if (!(error instanceof SwarmupError) || error.exitCode !== exitCodes.preflight) return error;
  const { code, message, hints, host, retryable } = error;
  return new SwarmupError(code, message, {
    exitCode: exitCodes.failure,
    hints,
    retryable,
    cause: error.cause,
    ...(host !== undefined && { host }),
  });
}

/** Runs a verb; the errors of EC2 are explained in our own words. */
async function telling<T>(access: Partial<AwsAccess>, host: string | undefined, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw explained(error, access, host);
  }
}

/** Each region of each account is opened once: those who use it share their calls. */
function openOnce(timing: AwsTiming): (given: Partial<AwsAccess>) => Promise<AwsSite> {
  const sites = new Map<string, Promise<AwsSite>>();
  return async (given) => {
    const key = JSON.stringify([given.region, given.profile, given.endpoint]);
    const opening = sites.get(key) ?? openAccount(given, timing);
    sites.set(key, opening);
    try {
      return await opening;
    } catch (error) {
      sites.delete(key);
      throw error;
    }
  };
}
