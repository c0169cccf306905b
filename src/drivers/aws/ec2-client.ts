import type * as Sdk from '@aws-sdk/client-ec2';
import { withDeadline } from '../../lib/abort.js';
import { SwarmupError, usageError } from '../../lib/errors.js';
import { exitCodes } from '../../lib/exit-codes.js';
import { limit } from '../../lib/limit.js';
import { classOf, Ec2Failure } from './ec2-failure.js';
import type { actions } from './policy.js';

/** The actions of EC2 that the driver uses: an action that the policy does not allow cannot be called. */
export type Action = (typeof actions)[number];

type CommandOf<A extends Action> = (typeof Sdk)[`${A}Command`];
type InputOf<A extends Action> = NonNullable<ConstructorParameters<CommandOf<A>>[0]>;
type HandlerOf<A extends Action> = ReturnType<InstanceType<CommandOf<A>>['resolveMiddleware']>;
type OutputOf<A extends Action> = Awaited<ReturnType<HandlerOf<A>>>['output'];

/** EC2 in one region of one account. */
export interface Ec2 {
  readonly region: string;
  /**
   * One call, with the SDK's own repetitions of what may pass (throttling, 5xx, lost connections). A list has all its
   * pages. At most five calls that change something are under way at once. Errors: Ec2Failure, also after three minutes
   * for one page.
   */
  call<A extends Action>(action: A, input: InputOf<A>, signal: AbortSignal): Promise<OutputOf<A>>;
  /** Whether there are credentials; only a call shows whether they are valid. Errors: Ec2Failure. */
  findCredentials(signal: AbortSignal): Promise<void>;
}

export interface Ec2Access {
  readonly region: string | undefined;
  readonly profile: string | undefined;
  readonly endpoint: string | undefined;
}

const callTimeoutMs = 180_000;
const changesAtOnce = 5;

/**
 * Loads the SDK (half a second, so only when it is needed) and finds the region; makes no call. Errors:
 * AWS_REGION_MISSING (exit 3), OPTION_INVALID (exit 2) for an endpoint that is not a URL.
 */
export async function openEc2(access: Ec2Access): Promise<Ec2> {
  const endpoint = checkedEndpoint(access.endpoint);
  const sdk = await import('@aws-sdk/client-ec2');
  const client = new sdk.EC2Client({
    ...(access.region !== undefined && { region: access.region }),
    ...(access.profile !== undefined && { profile: access.profile }),
    ...(endpoint !== undefined && { endpoint }),
    maxAttempts: 8,
    retryMode: 'standard',
    requestHandler: { connectionTimeout: 5_000, requestTimeout: 30_000, throwOnRequestTimeout: true },
  });
  leaveCapacityToUs(client);
  const region = await findRegion(client, access);
  const inTurn = limit(changesAtOnce);
  const send = async (action: Action, input: object, signal: AbortSignal): Promise<unknown> => {
    const Command = sdk[`${action}Command`] as unknown as new (input: object) => Sdk.DescribeVpcsCommand;
    const what = `EC2 to answer ${action}`;
    try {
      return await withDeadline({ timeoutMs: callTimeoutMs, signal, what }, (abortSignal) =>
        client.send(new Command(input), { abortSignal }),
      );
    } catch (error) {
      signal.throwIfAborted();
      throw new Ec2Failure(action, error);
    }
  };
  return {
    region,
    call: <A extends Action>(action: A, input: InputOf<A>, signal: AbortSignal) => {
      const work = (more = {}): Promise<OutputOf<A>> =>
        send(action, { ...input, ...more }, signal) as Promise<OutputOf<A>>;
      return action.startsWith('Describe') ? allPages(work) : inTurn(signal, work);
    },
    async findCredentials(signal) {
      try {
        const what = 'the AWS credentials';
        await withDeadline({ timeoutMs: 30_000, signal, what }, () => client.config.credentials());
      } catch (error) {
        signal.throwIfAborted();
        throw new Ec2Failure('', error);
      }
    },
  };
}

/** EC2 may cut any list, also one that was not asked for in pages. Lists of the pages become one; the rest is the last's. */
async function allPages<Output extends object>(
  ask: (more?: { NextToken: string }) => Promise<Output>,
): Promise<Output> {
  let all = (await ask()) as Output;
  for (let next = tokenIn(all); next !== undefined; next = tokenIn(all)) {
    const page = await ask({ NextToken: next });
    const joined = Object.entries(page).map(([key, value]: [string, unknown]) => {
      const before: unknown = (all as Record<string, unknown>)[key];
      return [
        key,
        Array.isArray(value) && Array.isArray(before) ? [...(before as unknown[]), ...(value as unknown[])] : value,
      ];
    });
    all = { ...all, NextToken: undefined, ...Object.fromEntries(joined) } as Output;
  }
  return all;
}

const tokenIn = (answer: { readonly NextToken?: string }): string | undefined =>
  answer.NextToken === '' ? undefined : answer.NextToken;

/**
 * EC2 reports missing capacity with status 500. The SDK would retry eight times in vain; the driver knows other places
 * to try.
 */
function leaveCapacityToUs(client: Sdk.EC2Client): void {
  client.middlewareStack.add(
    (next) => async (args) => {
      try {
        return await next(args);
      } catch (error) {
        const { name, $metadata } = error as { name?: string; $metadata?: { httpStatusCode?: number } };
        if ($metadata !== undefined && classOf(new Ec2Failure('', error)) === 'capacity' && name !== undefined)
          $metadata.httpStatusCode = 400;
        throw error;
      }
    },
    { step: 'deserialize', priority: 'high', name: 'leaveCapacityToUs' },
  );
}

async function findRegion(client: Sdk.EC2Client, { profile }: Ec2Access): Promise<string> {
  try {
    return await client.config.region();
  } catch (cause) {
    throw new SwarmupError(
      'AWS_REGION_MISSING',
      `no AWS region is set${profile === undefined ? '' : ` in profile ${profile}`}`,
      {
        exitCode: exitCodes.preflight,
        hints: [
          'name a region: --aws-region us-east-1 (or AWS_REGION)',
          'aws configure stores a region in the profile',
        ],
        cause,
      },
    );
  }
}

/** Errors: OPTION_INVALID (exit 2) for an endpoint that is not a URL. */
function checkedEndpoint(url: string | undefined): string | undefined {
  if (url === undefined || url === '') return undefined;
  if (URL.canParse(url) && /^https?:/.test(url)) return url;
  throw usageError(
    'OPTION_INVALID',
    `--aws-endpoint-url: '${url}' is not a URL`,
    'write a URL, for example http://127.0.0.1:5000',
  );
}
