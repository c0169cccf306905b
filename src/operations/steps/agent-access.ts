import { createInterface } from 'node:readline';
import { agentPaths, agentPort, type AgentEvent, type AgentStatus } from '../../agent/agent-api.js';
import { withDeadline } from '../../lib/abort.js';
import { messageOf, SwarmupError } from '../../lib/errors.js';
import { httpGet } from '../../lib/http-get.js';
import { inSwarm, swarmup } from '../../lib/typed-command.js';
import type { MachineRecord } from '../../machine/machine-record.js';
import type { OperationContext } from '../access/context.js';

const answerTimeoutMs = 10_000;

/**
 * The status that the agent of a host reports about itself and the swarm. Errors: AGENT_UNREACHABLE (retryable), those
 * of `connect`.
 */
export async function agentStatus(
  context: OperationContext,
  record: MachineRecord,
  signal = context.signal,
): Promise<AgentStatus> {
  return ask(context, record, agentPaths.status, signal, (text) => JSON.parse(text) as AgentStatus);
}

/** Resolves when the agent of a host answers at all, healthy or not. Errors: as above. */
export async function pingAgent(context: OperationContext, record: MachineRecord, signal: AbortSignal): Promise<void> {
  await ask(context, record, agentPaths.health, signal, () => undefined);
}

/** The events that the agent of a host remembers, oldest first. Errors: as above. */
export async function agentEvents(context: OperationContext, record: MachineRecord): Promise<readonly AgentEvent[]> {
  return ask(context, record, agentPaths.events, context.signal, (text) =>
    text.split('\n').flatMap((line) => (line.trim() === '' ? [] : [JSON.parse(line) as AgentEvent])),
  );
}

/**
 * The events after `since`, and then each as it happens, until `signal` fires or the agent goes away (then it ends, or
 * fails with AGENT_UNREACHABLE).
 */
export async function* followAgentEvents(
  context: OperationContext,
  record: MachineRecord,
  since: number,
  signal: AbortSignal,
): AsyncGenerator<AgentEvent> {
  try {
    const runner = await context.connect(record, { signal });
    const path = `${agentPaths.events}?since=${since}&follow=1`;
    const response = await httpGet(await runner.openPort(agentPort, { signal }), path, signal);
    for await (const line of createInterface({ input: response })) {
      if (line.trim() !== '') yield JSON.parse(line) as AgentEvent;
    }
  } catch (error) {
    signal.throwIfAborted();
    throw unreachable(record, error);
  }
}

/** `parse` may fail: something else may listen on that port. */
async function ask<T>(
  context: OperationContext,
  record: MachineRecord,
  path: string,
  outer: AbortSignal,
  parse: (text: string) => T,
): Promise<T> {
  const { name } = record;
  const what = `the agent of ${name} to answer`;
  return withDeadline({ timeoutMs: answerTimeoutMs, what, host: name, signal: outer }, async (signal) => {
    const runner = await context.connect(record, { signal });
    try {
      const response = await httpGet(await runner.openPort(agentPort, { signal }), path, signal);
      let text = '';
      for await (const chunk of response as AsyncIterable<string>) text += chunk;
      return parse(text);
    } catch (error) {
      signal.throwIfAborted();
      throw unreachable(record, error);
    }
  });
}

function unreachable({ name: host, swarm }: MachineRecord, cause: unknown): SwarmupError {
  return new SwarmupError('AGENT_UNREACHABLE', `the agent of ${host} does not answer: ${messageOf(cause)}`, {
    host,
    retryable: true,
    hints: [
      `${swarmup`agent status ${inSwarm(swarm)}`} tells how the agents are`,
      `${swarmup`agent install ${inSwarm(swarm)} ${host}`} installs or starts it`,
    ],
    cause,
  });
}
