import { type ProbeHost } from '../../doctor/probe-network.js';
import { probeRing, type RingWay } from '../../doctor/probe-ring.js';
import { SwarmupError } from '../../lib/errors.js';
import { exitCodes } from '../../lib/exit-codes.js';
import { swarmup } from '../../lib/typed-command.js';
import type { StepChange, StepContext } from '../../plan/step.js';
import { inspectSwarm } from '../../swarm/swarm-api.js';
import { accessOf, type CreateRun, type CreateSession } from './create-run.js';

/** Docker's own choice for the traffic of overlay networks. */
const defaultDataPathPort = 4789;

/** Proves the way of overlay packets for all hosts of a run at once. */
export interface OverlayReach {
  /** The host is a node that is Ready. */
  readonly joined: (host: CreateSession) => void;
  /** Errors: OVERLAY_PORT_BLOCKED (exit 6). */
  readonly prove: (host: CreateSession, step: StepContext) => Promise<StepChange>;
}

/** The probe runs once, when the first host asks for its verdict: by then all hosts that become nodes are Ready. */
export function overlayReach(run: CreateRun): OverlayReach {
  const nodes: CreateSession[] = [];
  let probed: Promise<Probed> | undefined;
  return {
    joined: (host) => {
      nodes.push(host);
    },
    prove: async ({ name }, { signal }) => {
      const { ways, port } = await (probed ??= probe(run, nodes, signal));
      const blocked = ways.find((way) => way.arrived === false && blamed(way, nodes) === name);
      if (blocked !== undefined) throw portBlocked(name, blocked, port);
      return 'unchanged';
    },
  };
}

interface Probed {
  readonly ways: readonly RingWay[];
  readonly port: number;
}

async function probe(run: CreateRun, nodes: readonly CreateSession[], signal: AbortSignal): Promise<Probed> {
  const { manager, engine } = accessOf(run);
  const isInside = nodes.some(({ name }) => name === manager.name);
  const records = [...nodes.map(({ record }) => record), ...(isInside ? [] : [manager])];
  if (records.length < 2) return { ways: [], port: defaultDataPathPort };
  const hosts = Promise.all(
    records.map(async (record): Promise<ProbeHost> => {
      const runner = await run.context.connect(record, { signal });
      return { name: record.name, runner, address: record.advertiseAddr ?? '', listens: [] };
    }),
  );
  // 0 is the default of Docker.
  const port = ((await inspectSwarm(engine, signal)).DataPathPort ?? 0) || defaultDataPathPort;
  return { ways: await probeRing(await hosts, port, signal), port };
}

/** The host that the packets should have reached, or the sender if the run does not include that host. */
const blamed = ({ from, to }: RingWay, nodes: readonly CreateSession[]): string =>
  nodes.some(({ name }) => name === to) ? to : from;

const portBlocked = (host: string, { from, to }: RingWay, port: number): SwarmupError =>
  new SwarmupError(
    'OVERLAY_PORT_BLOCKED',
    `packets from ${from} to ${to} on ${port}/udp do not arrive, so overlay networks do not work between them`,
    {
      host,
      exitCode: exitCodes.unhealthy,
      hints: [`open ${port}/udp on ${to} for ${from}, then run this again`, `${swarmup`doctor`} looks at all hosts`],
    },
  );
