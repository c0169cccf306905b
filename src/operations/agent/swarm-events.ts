import { setTimeout as sleepFor } from 'node:timers/promises';
import type { AgentEvent } from '../../agent/agent-api.js';
import { messageOf, SwarmupError } from '../../lib/errors.js';
import { exitCodes } from '../../lib/exit-codes.js';
import { inSwarm, swarmup } from '../../lib/typed-command.js';
import type { MachineRecord } from '../../machine/machine-record.js';
import { agentEvents, followAgentEvents } from '../steps/agent-access.js';
import { agentTargets } from '../steps/agent-targets.js';
import type { OperationContext } from '../access/context.js';

/** An event with the host of the agent that reported it. */
export interface SwarmEvent extends AgentEvent {
  readonly host: string;
}

interface EventsRequest {
  readonly swarm: string;
  /** Only those about this service. */
  readonly service?: string | undefined;
}

export interface EventsResult {
  readonly swarm: string;
  /** Oldest first. */
  readonly events: readonly SwarmEvent[];
  /** Managers whose agents did not answer, and why. */
  readonly unanswered: readonly { readonly host: string; readonly message: string }[];
}

/**
 * The events that the agents of a swarm remember, in chronological order. The result names agents that do not answer.
 * Errors: those of `agentTargets`; NO_AGENT (exit 6) if no agent answers.
 */
export async function swarmEvents(context: OperationContext, request: EventsRequest): Promise<EventsResult> {
  const managers = await agentTargets(context, request.swarm, []);
  const answers = await Promise.allSettled(managers.map((record) => agentEvents(context, record)));
  context.signal.throwIfAborted();
  const unanswered = answers.flatMap((answer, i) =>
    answer.status === 'rejected' ? [{ host: managers[i]?.name ?? '', message: messageOf(answer.reason) }] : [],
  );
  if (unanswered.length === managers.length) throw noAgent(request.swarm, unanswered);
  const events = answers.flatMap((answer, i) =>
    answer.status === 'fulfilled' ? answer.value.map((event) => ({ ...event, host: managers[i]?.name ?? '' })) : [],
  );
  return {
    swarm: request.swarm,
    events: events.filter((event) => isWanted(event, request)).sort((a, b) => (a.time < b.time ? -1 : 1)),
    unanswered,
  };
}

const retryMs = 1_000;

/**
 * The events that the agents remember, and then each event as it happens, until the context's signal fires: then it
 * resolves. An agent that stops answering is asked again until it is back. Errors: as `swarmEvents`.
 */
export async function followSwarmEvents(
  context: OperationContext,
  request: EventsRequest,
  onEvent: (event: SwarmEvent) => void,
): Promise<void> {
  const past = await swarmEvents(context, { swarm: request.swarm });
  for (const event of past.events) if (isWanted(event, request)) onEvent(event);
  for (const { host, message } of past.unanswered) context.report({ type: 'warning', host, message });
  const managers = await agentTargets(context, request.swarm, []);
  await Promise.all(
    managers.map(async (record) => {
      const seen = past.events.filter(({ host }) => host === record.name).map(({ seq }) => seq);
      const isLost = past.unanswered.some(({ host }) => host === record.name);
      await followHost(context, record, { last: Math.max(0, ...seen), isLost }, (event) => {
        if (isWanted(event, request)) onEvent(event);
      });
    }),
  );
}

async function followHost(
  context: OperationContext,
  record: MachineRecord,
  from: { readonly last: number; readonly isLost: boolean },
  onEvent: (event: SwarmEvent) => void,
): Promise<void> {
  const { signal } = context;
  let { last, isLost } = from;
  const goesOn = (): boolean => !signal.aborted;
  while (goesOn()) {
    try {
      for await (const event of followAgentEvents(context, record, last, signal)) {
        last = event.seq;
        isLost = false;
        onEvent({ ...event, host: record.name });
      }
    } catch (error) {
      if (goesOn() && !isLost) context.report({ type: 'warning', host: record.name, message: messageOf(error) });
      isLost = true;
    }
    await sleepFor(retryMs, undefined, { signal }).catch(() => undefined);
  }
}

const isWanted = (event: AgentEvent, { service }: EventsRequest): boolean =>
  service === undefined || event.service === service;

function noAgent(swarm: string, unanswered: EventsResult['unanswered']): SwarmupError {
  const said = unanswered.map(({ message }) => message).join('; ');
  return new SwarmupError('NO_AGENT', `no agent of swarm ${swarm} answers (${said})`, {
    exitCode: exitCodes.unhealthy,
    hints: [
      `${swarmup`agent status ${inSwarm(swarm)}`} tells how they are`,
      `${swarmup`agent install ${inSwarm(swarm)}`} installs them`,
    ],
  });
}
