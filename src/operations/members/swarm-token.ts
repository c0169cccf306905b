import { singleStep } from '../../plan/single-step.js';
import { inspectSwarm } from '../../swarm/swarm-api.js';
import { updateSwarm } from '../../swarm/swarm-settings.js';
import { carryOut } from '../access/carry-out.js';
import type { OperationContext } from '../access/context.js';
import type { GuardedSwarm } from '../access/guard-swarm.js';
import { openSwarm, type SwarmAccess } from '../access/swarm-access.js';
import { underSignal } from '../access/under-signal.js';

interface TokenRequest {
  readonly swarm: string;
  readonly role: 'worker' | 'manager';
  readonly rotate: boolean;
  readonly dryRun: boolean;
}

export interface TokenResult {
  readonly swarm: string;
  readonly role: 'worker' | 'manager';
  readonly rotated: boolean;
  readonly token: string;
  /** For a host that swarmup does not manage. */
  readonly joinCommand: string;
}

/**
 * The join token of a role, because it was asked for; with `rotate` a new one, and the former opens nothing any more.
 * Nodes that joined stay. Errors: those of `guardSwarm`.
 */
export async function swarmToken(context: OperationContext, request: TokenRequest): Promise<TokenResult> {
  const { swarm, role, rotate, dryRun } = request;
  if (!rotate) return tokenResult(context, await openSwarm(context, swarm), request, false);
  const plan = async ({ access }: GuardedSwarm) => {
    return singleStep<TokenResult>({
      id: 'swarm/token',
      title: `make a new join token for ${role}s`,
      planned: await tokenResult(context, access, request, false),
      act: async ({ signal }) => {
        await updateSwarm(access.engine, (spec) => spec, signal, { [role]: true });
        return tokenResult(underSignal(context, signal), access, request, true);
      },
    });
  };
  return carryOut(context, { swarm, plan }, { dryRun });
}

async function tokenResult(
  { signal }: OperationContext,
  { engine, manager }: SwarmAccess,
  { swarm, role }: TokenRequest,
  rotated: boolean,
): Promise<TokenResult> {
  const { JoinTokens } = await inspectSwarm(engine, signal);
  const token = role === 'manager' ? JoinTokens.Manager : JoinTokens.Worker;
  const address = manager.advertiseAddr ?? manager.endpoint?.host ?? manager.name;
  const remote = address.includes(':') ? `[${address}]:2377` : `${address}:2377`;
  return { swarm, role, rotated, token, joinCommand: `docker swarm join --token ${token} ${remote}` };
}
