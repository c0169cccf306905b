import { waitFor } from '../../lib/abort.js';
import { SwarmupError } from '../../lib/errors.js';
import type { MachineRecord } from '../../machine/machine-record.js';
import { beliefOf, beliefText, nodeTrouble } from '../../swarm/membership.js';
import { engineInfo, swarmNode } from '../../swarm/swarm-api.js';
import type { OperationContext } from '../access/context.js';
import { eachHost } from '../access/each-host.js';
import { guardPower } from './guard-power.js';
import type { HostOutcome } from '../access/results.js';
import { hostEngine, openSwarm } from '../access/swarm-access.js';
import { unlockIfLocked } from './unlock-hosts.js';

type Act = (record: MachineRecord, detail: (message: string) => void) => Promise<HostOutcome['status']>;

/**
 * Does what restarts engines: plain hosts all at once, those of a swarm one after another, workers first and the
 * leader last, each once the one before is Ready (and votes) again. After a failure the others of its swarm are left
 * alone. Errors: QUORUM_AT_RISK (exit 3) unless forced, before anything is done; the rest is in the outcomes.
 */
export async function eachEngine(
  context: OperationContext,
  records: readonly MachineRecord[],
  title: string,
  act: Act,
  { force = false }: { readonly force?: boolean } = {},
): Promise<readonly HostOutcome[]> {
  const { order } = await guardPower(context, namesOf(records), 'restart', force);
  const rank = ({ name, role }: MachineRecord): number => (role === 'manager' ? 1 + order.indexOf(name) : -1);
  const sorted = [...records].sort((a, b) => rank(a) - rank(b));
  const turns = new Map<string, Promise<string | undefined>>();
  const outcomes = await eachHost(context, namesOf(sorted), title, (name, detail) => {
    const record = sorted.find((candidate) => candidate.name === name);
    if (record === undefined) throw new Error(`no record of ${name}`);
    const { swarm } = record;
    if (swarm === null) return act(record, detail);
    const before = turns.get(swarm) ?? Promise.resolve(undefined);
    const mine = before.then((failed) => inTurn(context, record, failed, act, detail));
    turns.set(
      swarm,
      mine.then(
        () => undefined,
        () => name,
      ),
    );
    return mine;
  });
  return records.flatMap(({ name }) => outcomes.find((outcome) => outcome.name === name) ?? []);
}

const namesOf = (records: readonly MachineRecord[]): readonly string[] => records.map(({ name }) => name);

async function inTurn(
  context: OperationContext,
  record: MachineRecord,
  failed: string | undefined,
  act: Act,
  detail: (message: string) => void,
): Promise<HostOutcome['status']> {
  context.signal.throwIfAborted();
  if (failed !== undefined)
    throw new SwarmupError('NOT_TRIED', `${record.name} was left as it is: ${failed} failed before it`, {
      host: record.name,
      hints: [`mend ${failed}, then run the same command again`],
    });
  const status = await act(record, detail);
  if (status !== 'unchanged' && !status.startsWith('would-')) {
    detail('waiting until it is Ready again');
    await awaitBack(context, record, detail);
  }
  return status;
}

/**
 * Waits until a host whose engine was restarted is back in its swarm: for its own engine, and for the managers, who see
 * it Ready and, if it is one of them, reach it. One that asks for the unlock key gets it. Errors: MANAGER_LOCKED;
 * TIMEOUT (90 s).
 */
export async function awaitBack(
  context: OperationContext,
  record: MachineRecord,
  detail: (message: string) => void,
): Promise<void> {
  const { name, swarm, nodeId } = record;
  if (swarm === null || nodeId === null) return;
  await unlockIfLocked(context, record, detail);
  const what = `${name} to be Ready again in swarm ${swarm}`;
  await waitFor({ timeoutMs: 90_000, what, host: name, signal: context.signal }, async (signal) => {
    // Managers miss a node only after some seconds.
    const { Swarm: own } = await engineInfo(hostEngine(context, record), signal);
    if (beliefOf(own) !== 'joined') throw new Error(`its engine says ${beliefText(own)}`);
    const { engine } = await openSwarm(context, swarm, { signal });
    const trouble = nodeTrouble(await swarmNode(engine, nodeId, signal));
    if (trouble !== undefined) throw new Error(trouble);
    return true;
  });
}
