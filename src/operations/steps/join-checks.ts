import type { Finding } from '../../doctor/finding.js';
import { judgeTogether } from '../../doctor/judge-hosts.js';
import { judgePairs } from '../../doctor/judge-network.js';
import { type ProbeHost, tryTcp, tryUdp } from '../../doctor/probe-network.js';
import { SwarmupError } from '../../lib/errors.js';
import { exitCodes } from '../../lib/exit-codes.js';
import { swarmup } from '../../lib/typed-command.js';
import type { StepContext } from '../../plan/step.js';
import { accessOf, type CreateRun, type CreateSession, required } from './create-run.js';
import { advertiseAddrOf } from './host-networks.js';

/** Large enough: `doctor` alone looks for it. */
const untried = Number.POSITIVE_INFINITY;

/**
 * The checks of `doctor` that matter for a join. They run before each join, so that a problem is reported immediately
 * and by name instead of after the engine's own 20 seconds. Compares with the hosts of this run. Errors: the finding's
 * check as a code, for example TCP_2377 (exit 3).
 */
export async function checkBeforeJoin(run: CreateRun, host: CreateSession, step: StepContext): Promise<void> {
  const { name } = host;
  const { from, to } = await joiningPair(run, host, step);
  const known = run.hosts.flatMap((other) =>
    other.facts === undefined ? [] : { name: other.name, facts: other.facts },
  );
  const tcp = await tryTcp(from.runner, to, [2377], step.signal);
  const ports = judgePairs([{ from: from.name, to: to.name, tcp, udp: new Map(), pathMtu: untried }], [to]).filter(
    ({ check }) => check === 'tcp-2377',
  );
  const findings = [...judgeTogether(known).filter(({ hosts }) => hosts.includes(name)), ...ports];
  for (const finding of findings)
    if (finding.severity === 'error') throw refusal(name, finding);
    else run.warn(`${finding.message}: ${finding.cause}; ${finding.fix}`, name);
}

/**
 * Gossip arrives late without its UDP port, but it arrives: tried while the host joins, stops nothing. The port of the
 * overlay networks themselves is tried when the host is a node.
 */
export async function warnOfBlockedPorts(run: CreateRun, host: CreateSession, step: StepContext): Promise<void> {
  try {
    await tryDatagrams(run, host, step);
  } catch {
    // If a host cannot be asked, the join itself reports the problem better.
    step.signal.throwIfAborted();
  }
}

async function tryDatagrams(run: CreateRun, host: CreateSession, step: StepContext): Promise<void> {
  const { from, to } = await joiningPair(run, host, step);
  const ways = [
    [from, to],
    [to, from],
  ] as const;
  const pairs = await Promise.all(
    ways.map(async ([one, other]) => ({
      from: one.name,
      to: other.name,
      tcp: new Map(),
      udp: await tryUdp(one, other, step.signal, [7946]),
      pathMtu: untried,
    })),
  );
  for (const { check, message, fix } of judgePairs(pairs, [from, to]))
    if (check.startsWith('udp')) run.warn(`${message}; ${fix}`, host.name);
}

async function joiningPair(
  run: CreateRun,
  host: CreateSession,
  { signal }: StepContext,
): Promise<{ readonly from: ProbeHost; readonly to: ProbeHost }> {
  const { name } = host;
  const { manager } = accessOf(run);
  const [own, theirs] = await Promise.all([host.connect({ signal }), run.context.connect(manager, { signal })]);
  const address = manager.advertiseAddr ?? required(manager.endpoint, 'the endpoint of a manager').host;
  return {
    from: { name, runner: own, address: advertiseAddrOf(run, host), listens: [] },
    to: { name: manager.name, runner: theirs, address, listens: [2377, 7946] },
  };
}

function refusal(host: string, { check, message, cause, fix, hosts }: Finding): SwarmupError {
  const code = check.toUpperCase().replaceAll('-', '_');
  const about = hosts.length === 1 && !message.includes(host) ? `${host}: ${message}` : message;
  return new SwarmupError(code, `${about} (${cause})`, {
    host,
    exitCode: exitCodes.preflight,
    hints: [fix, `${swarmup`doctor`} looks at all hosts`],
  });
}
