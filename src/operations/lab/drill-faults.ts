import { SwarmupError, usageError } from '../../lib/errors.js';
import { exitCodes } from '../../lib/exit-codes.js';
import type { DrillName } from '../../lab/drill-report.js';
import type { MachineRecord } from '../../machine/machine-record.js';
import { runScript } from '../../bootstrap/remote-script.js';
import { quote } from '../../ssh/quote.js';
import type { OperationContext } from '../context.js';
import { killHosts, startHosts } from '../hosts/power.js';
import type { HostsResult } from '../results.js';

/** A fault of some hosts of a lab. Both may be called more than once. */
export interface Fault {
  readonly victims: readonly MachineRecord[];
  /** Hosts whose tasks have to move: all that are cut off or without power. */
  readonly lost: readonly string[];
  readonly inject: (context: OperationContext) => Promise<void>;
  readonly heal: (context: OperationContext) => Promise<void>;
}

export interface FaultRequest {
  readonly drill: DrillName;
  readonly members: readonly MachineRecord[];
  /** By host name. */
  readonly leader: string | null;
  /** How many tasks run on each host. */
  readonly tasks: ReadonlyMap<string, number>;
  /** The victim that was named. */
  readonly host: string | undefined;
  /** After so long a host ends a fault by itself: whoever made it may be gone. */
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
      return powerCut(members);
    case 'partition': {
      const victim = victimOf(request);
      const others = members
        .filter(({ name }) => name !== victim.name)
        .flatMap(({ advertiseAddr }) => advertiseAddr ?? []);
      return scripted([victim], [victim.name], partition(others), endsAfterS);
    }
    case 'slow-net': {
      const victim = victimOf(request);
      return scripted([victim], [], slowNet, endsAfterS);
    }
    case 'full-disk': {
      const victim = victimOf(request);
      const driver = await context.drivers.get(victim.driver);
      if (driver.capabilities.sharedDisk === true)
        throw impossible(
          `the disk of ${victim.name} is this machine's (driver ${driver.name}): filling it would hurt others`,
        );
      return scripted([victim], [], fullDisk, endsAfterS);
    }
  }
}

function leaderOf({ members, leader }: FaultRequest): MachineRecord {
  const found = members.find(({ name }) => name === leader);
  if (found !== undefined) return found;
  throw impossible('the leader of the swarm is no host of this lab');
}

/** The host that was named, else the worker with the most tasks, else a manager that does not lead. */
function victimOf({ members, host, leader, tasks }: FaultRequest): MachineRecord {
  if (host !== undefined) {
    const named = members.find(({ name }) => name === host);
    if (named !== undefined) return named;
    throw usageError('HOST_UNKNOWN', `${host} is no host of this lab`, 'swarmup status shows its hosts');
  }
  const busiest = (candidates: readonly MachineRecord[]): MachineRecord | undefined =>
    [...candidates].sort((a, b) => (tasks.get(b.name) ?? 0) - (tasks.get(a.name) ?? 0))[0];
  const victim =
    busiest(members.filter(({ role }) => role === 'worker')) ?? busiest(members.filter(({ name }) => name !== leader));
  if (victim !== undefined) return victim;
  throw impossible('the lab has no host but its leader');
}

const impossible = (why: string): SwarmupError =>
  new SwarmupError('DRILL_IMPOSSIBLE', why, { exitCode: exitCodes.preflight });

function powerCut(victims: readonly MachineRecord[]): Fault {
  const names = victims.map(({ name }) => name);
  return {
    victims,
    lost: names,
    inject: async (context) => {
      allDone(await killHosts(context, names, { force: true }));
    },
    heal: async (context) => {
      allDone(await startHosts(context, names));
    },
  };
}

function allDone({ hosts }: HostsResult): void {
  for (const { name, error } of hosts)
    if (error !== undefined) throw new SwarmupError(error.code, error.message, { host: name, hints: error.hints });
}

interface Scripts {
  readonly begin: string;
  /** Fine when it was ended already. */
  readonly end: string;
}

function scripted(
  victims: readonly MachineRecord[],
  lost: readonly string[],
  { begin, end }: Scripts,
  endsAfterS: number,
): Fault {
  const watchdog = `nohup setsid sh -c ${quote([`sleep ${String(endsAfterS)}; ${end}`])} >/dev/null 2>&1 &`;
  const run = async (context: OperationContext, title: string, body: string): Promise<void> => {
    for (const victim of victims)
      await runScript(await context.connect(victim), { title, body }, { signal: context.signal });
  };
  return {
    victims,
    lost,
    inject: (context) => run(context, 'begin a drill', `set -e\n${watchdog}\n${begin}`),
    heal: (context) => run(context, 'end a drill', end),
  };
}

/** Nothing comes from or goes to the other hosts; this computer still gets in. */
function partition(others: readonly string[]): Scripts {
  const rules = others.flatMap((address) => [`-s ${address} -j DROP`, `-d ${address} -j DROP`]);
  const hooks = ['INPUT', 'OUTPUT', 'FORWARD'];
  return {
    begin: [
      'iptables -w -N SWARMUP-DRILL',
      ...rules.map((rule) => `iptables -w -A SWARMUP-DRILL ${rule}`),
      ...hooks.map((hook) => `iptables -w -I ${hook} -j SWARMUP-DRILL`),
    ].join('\n'),
    end: [
      ...hooks.map((hook) => `iptables -w -D ${hook} -j SWARMUP-DRILL 2>/dev/null`),
      'iptables -w -F SWARMUP-DRILL 2>/dev/null',
      'iptables -w -X SWARMUP-DRILL 2>/dev/null',
      'true',
    ].join('; '),
  };
}

const device = "$(ip -o -4 route show default | sed -n 's/.* dev \\([^ ]*\\).*/\\1/p' | head -n 1)";

/** A fifth of a second more, give or take, and every twentieth packet lost; where the kernel has no netem: 1 Mbit/s. */
const slowNet: Scripts = {
  begin: `dev=${device}
tc qdisc add dev "$dev" root netem delay 200ms 50ms loss 5% 2>/dev/null ||
tc qdisc add dev "$dev" root tbf rate 1mbit burst 16kbit latency 400ms`,
  end: `tc qdisc del dev "${device}" root 2>/dev/null; true`,
};

const filler = '/var/lib/docker/swarmup-drill.fill';

const fullDisk: Scripts = {
  begin: `free=$(df -B1 --output=avail /var/lib/docker | tail -n 1)
fallocate -l "$free" ${filler} 2>/dev/null || dd if=/dev/zero of=${filler} bs=1M 2>/dev/null || true
sync`,
  end: `rm -f ${filler}; true`,
};
