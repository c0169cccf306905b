import { inspectSwarm } from '../../swarm/swarm-api.js';
import { updateSwarm } from '../../swarm/swarm-settings.js';
import type { OperationContext } from '../access/context.js';
import { openWritable } from '../access/guard-swarm.js';
import { openSwarm } from '../access/swarm-access.js';

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
  const { swarm, role, dryRun } = request;
  const rotated = request.rotate && !dryRun;
  const { engine, manager } = await (rotated ? openWritable : openSwarm)(context, swarm);
  if (rotated) await updateSwarm(engine, (spec) => spec, context.signal, { [role]: true });
  const { JoinTokens } = await inspectSwarm(engine, context.signal);
  const token = role === 'manager' ? JoinTokens.Manager : JoinTokens.Worker;
  const address = manager.advertiseAddr ?? manager.endpoint?.host ?? manager.name;
  const remote = address.includes(':') ? `[${address}]:2377` : `${address}:2377`;
  return { swarm, role, rotated, token, joinCommand: `docker swarm join --token ${token} ${remote}` };
}
