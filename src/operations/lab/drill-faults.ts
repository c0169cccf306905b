import { SwarmupError, usageError } from '../../lib/errors.js';
import { exitCodes } from '../../lib/exit-codes.js';
import type { DrillName } from '../../lab/drill-report.js';
import type { MachineRecord } from '../../machine/machine-record.js';
import { runScript } from '../../bootstrap/remote-script.js';
import { quote } from '../../lib/quote.js';
import { swarmup } from '../../lib/typed-command.js';
import type { OperationContext } from '../access/context.js';
import { killHosts, startHosts } from '../hosts/power.js';
import { rebootHost } from '../steps/reboot-host.js';
import type { HostsResult } from '../access/results.js';
import { fullDisk, partition, type Scripts, slowNet } from './drill-scripts.js';

/** A fault of some hosts of a lab. Both may be called more than once. */
export interface Fault {
  readonly victims: readonly MachineRecord[];
  /** Hosts whose tasks have to move: all that are cut off or without power. */
  readonly lost: readonly string[];
  /** What is done, and how it ends, in words. */
  readonly does: string;
  readonly undoes: string;
  readonly inject: (context: OperationContext) => Promise<void>;
  readonly heal: (context: OperationContext) => Promise<void>;
}

interface FaultRequest {
  readonly drill: DrillName;
  readonly members: readonly MachineRecord[];
  /** By host name. */
  readonly leader: string | null;
  /** How many tasks run on each host. */
  readonly tasks: ReadonlyMap<string, number>;
  /** The victim that was named. */
  readonly host: string | undefined;
  /** The time after which a host ends a fault by itself, because swarmup may no longer be running. */
  readonly endsAfterS: number;
}

/** The fault of a drill. Errors: HOST_UNKNOWN (exit 2), DRILL_IMPOSSIBLE (exit 3). */
export async function faultOf(context: OperationContext, request: FaultRequest): Promise<Fault> {
  const { drill, members, endsAfterS } = request;
  switch (drill) {
    case 'kill-leader':
      return powerCut([leaderOf(request)]);
    case 'kill-node':
      return powerCut([victimOf(request)]);
    case 'reboot-all':
      return rebootAll(context, members);
    case 'partition': {
      const victim = victimOf(request);
      const script = partition(othersThan(victim, members));
      return scripted(victim, [victim.name], script, {
        does: `cut ${victim.name} off from the other hosts`,
        endsAfterS,
      });
    }
    case 'slow-net': {
      const victim = victimOf(request);
      const script = slowNet(victim, othersThan(victim, members));
      return scripted(victim, [], script, { does: `make the network of ${victim.name} slow and lossy`, endsAfterS });
    }
    case 'full-disk': {
      const victim = victimOf(request);
      const driver = await context.drivers.get(victim.driver);
      if (driver.capabilities.sharedDisk === true)
        throw impossible(
          `${victim.name} uses the disk of this computer (driver ${driver.name}), so filling it would harm other programs`,
        );
      return scripted(victim, [], fullDisk, { does: `fill the disk of ${victim.name}`, endsAfterS });
    }
  }
}

function leaderOf({ members, leader }: FaultRequest): MachineRecord {
  const found = members.find(({ name }) => name === leader);
  if (found !== undefined) return found;
  throw impossible('the leader of the swarm is not a host of this lab');
}

/** The host that was named, else the worker with the most tasks, else a manager that does not lead. */
function victimOf({ members, host, leader, tasks }: FaultRequest): MachineRecord {
  if (host !== undefined) {
    const named = members.find(({ name }) => name === host);
    if (named !== undefined) return named;
    throw usageError('HOST_UNKNOWN', `${host} is not a host of this lab`, `${swarmup`status`} shows its hosts`);
  }
  const busiest = (candidates: readonly MachineRecord[]): MachineRecord | undefined =>
    [...candidates].sort((a, b) => (tasks.get(b.name) ?? 0) - (tasks.get(a.name) ?? 0))[0];
  const victim =
    busiest(members.filter(({ role }) => role === 'worker')) ?? busiest(members.filter(({ name }) => name !== leader));
  if (victim !== undefined) return victim;
  throw impossible('the lab has no host other than its leader');
}

/** The addresses at which the other hosts speak to each other. */
const othersThan = (victim: MachineRecord, members: readonly MachineRecord[]): readonly string[] =>
  members.filter(({ name }) => name !== victim.name).flatMap(({ advertiseAddr }) => advertiseAddr ?? []);

const impossible = (why: string): SwarmupError =>
  new SwarmupError('DRILL_IMPOSSIBLE', why, { exitCode: exitCodes.preflight });

function powerCut(victims: readonly MachineRecord[]): Fault {
  const names = victims.map(({ name }) => name);
  return {
    victims,
    lost: names,
    does: `cut the power of ${names.join(', ')}`,
    undoes: `start ${names.join(', ')}`,
    inject: async (context) => {
      allDone(await killHosts(context, names, { force: true, locked: true }));
    },
    heal: async (context) => {
      allDone(await startHosts(context, names, { locked: true }));
    },
  };
}

/** Hosts whose driver cannot switch them are rebooted over SSH. */
async function rebootAll(context: OperationContext, members: readonly MachineRecord[]): Promise<Fault> {
  const powered = new Set<string>();
  for (const { name, driver } of members) if ((await context.drivers.get(driver)).capabilities.power) powered.add(name);
  const cut = powerCut(members.filter(({ name }) => powered.has(name)));
  const others = members.filter(({ name }) => !powered.has(name));
  const names = members.map(({ name }) => name);
  return {
    victims: members,
    lost: names,
    does: [
      ...(powered.size > 0 ? [cut.does] : []),
      ...(others.length > 0 ? [`reboot ${others.map(({ name }) => name).join(', ')}`] : []),
    ].join('; '),
    undoes: `start ${names.join(', ')}`,
    inject: async (current) => {
      await Promise.all([cut.inject(current), ...others.map((record) => rebootHost(current, record, () => undefined))]);
    },
    heal: async (current) => {
      allDone(await startHosts(current, names, { locked: true }));
    },
  };
}

function allDone({ hosts }: HostsResult): void {
  for (const { name, error } of hosts)
    if (error !== undefined) throw new SwarmupError(error.code, error.message, { host: name, hints: error.hints });
}

/** The process that ends a fault if swarmup does not. */
const watchdogFile = '/run/swarmup-drill.pid';

function scripted(
  victim: MachineRecord,
  lost: readonly string[],
  { begin, end }: Scripts,
  { does, endsAfterS }: { readonly does: string; readonly endsAfterS: number },
): Fault {
  // Else it would end the fault of a later drill.
  const callOff = `[ ! -f ${watchdogFile} ] || { kill -- "-$(cat ${watchdogFile})" 2>/dev/null; rm -f ${watchdogFile}; }`;
  const watchdog = `nohup setsid sh -c ${quote([`sleep ${endsAfterS}; ${end}`])} >/dev/null 2>&1 & echo $! > ${watchdogFile}`;
  const run = async (context: OperationContext, title: string, body: string): Promise<void> => {
    await runScript(await context.connect(victim), { title, body }, { signal: context.signal });
  };
  return {
    victims: [victim],
    lost,
    does,
    undoes: `end the fault on ${victim.name}`,
    inject: (context) => run(context, 'begin a drill', `${callOff}\n${end}\nset -e\n${watchdog}\n${begin}`),
    heal: (context) => run(context, 'end a drill', `${callOff}\n${end}`),
  };
}
