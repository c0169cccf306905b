import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { codeOf, messageOf, SwarmupError, usageError } from '../../lib/errors.js';
import { swarmup } from '../../lib/typed-command.js';
import type { MachineRecord } from '../../machine/machine-record.js';
import type { OperationContext } from '../access/context.js';
import { requireMembers } from './lab-members.js';
import { type LabRequest, loadLab } from './load-lab.js';

interface Forward {
  /** Of 127.0.0.1 here. */
  readonly local: number;
  readonly host: string;
  readonly remote: number;
}

/**
 * Leads ports of this machine to hosts of a lab, over ssh, until the context's signal fires: those that are given, else
 * those of the manifest; without a host they lead to the first manager. `ready` is called when all of them listen.
 * Errors: FORWARD_NONE, FORWARD_INVALID (exit 2), PORT_TAKEN; LAB_EMPTY; those of `loadLab`.
 */
export async function forwardPorts(
  context: OperationContext,
  request: LabRequest & { readonly forwards: readonly string[] },
  ready: (forwards: readonly Forward[]) => void,
): Promise<void> {
  const lab = await loadLab(context, request);
  const members = await requireMembers(context, lab.name);
  const texts = request.forwards.length > 0 ? request.forwards : lab.forwards;
  if (texts.length === 0)
    throw usageError(
      'FORWARD_NONE',
      `lab ${lab.name} declares no forwards`,
      `for example: ${swarmup`forward 8080:80`}`,
    );
  const forwards = texts.map((text) => parseForward(text, members));
  const servers: Server[] = [];
  try {
    for (const forward of forwards) servers.push(await listen(context, forward, members));
    ready(forwards);
    if (!context.signal.aborted) await once(context.signal, 'abort');
  } finally {
    for (const server of servers) server.close();
  }
}

function parseForward(text: string, members: readonly MachineRecord[]): Forward {
  const [, host = members[0]?.name ?? '', local = '', remote = ''] =
    /^(?:([a-z0-9-]+):)?(\d{1,5}):(\d{1,5})$/.exec(text) ?? [];
  const isPort = (port: string): boolean => Number(port) >= 1 && Number(port) <= 65_535;
  if (!isPort(local) || !isPort(remote))
    throw usageError(
      'FORWARD_INVALID',
      `${JSON.stringify(text)} is not a valid forward`,
      'write [HOST:]LOCAL:REMOTE, for example 8080:80',
    );
  if (!members.some(({ name }) => name === host))
    throw usageError(
      'HOST_UNKNOWN',
      `${text}: ${host} is not a host of this lab`,
      `${swarmup`status`} shows its hosts`,
    );
  return { local: Number(local), host, remote: Number(remote) };
}

async function listen(context: OperationContext, forward: Forward, members: readonly MachineRecord[]): Promise<Server> {
  const record = members.find(({ name }) => name === forward.host);
  if (record === undefined) throw new Error('a forward without a host');
  const server = createServer((socket) => void lead(context, record, forward, socket));
  server.listen(forward.local, '127.0.0.1');
  try {
    await once(server, 'listening');
    return server;
  } catch (error) {
    if (codeOf(error) !== 'EADDRINUSE') throw error;
    throw new SwarmupError('PORT_TAKEN', `port ${forward.local} of this computer is in use`, {
      hints: [`choose another port: ${swarmup`forward ${forward.host}:18080:${forward.remote}`}`],
    });
  }
}

/** One connection; its failure ends it and nothing else. */
async function lead(
  context: OperationContext,
  record: MachineRecord,
  { remote }: Forward,
  socket: Socket,
): Promise<void> {
  try {
    const { signal } = context;
    const stream = await (await context.connect(record)).openPort(remote, { signal });
    await Promise.all([pipeline(socket, stream, { signal }), pipeline(stream, socket, { signal })]);
  } catch (error) {
    socket.destroy();
    // Programs that have enough data, for example browsers, do not wait for the rest.
    const hasLeft = ['ECONNRESET', 'EPIPE', 'ERR_STREAM_PREMATURE_CLOSE'].includes(codeOf(error) ?? '');
    if (!context.signal.aborted && !hasLeft)
      context.report({ type: 'warning', host: record.name, message: `port ${remote}: ${messageOf(error)}` });
  }
}
