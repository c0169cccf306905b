import { createServer } from 'node:net';
import { SwarmupError } from '../../../lib/errors.js';
import { exitCodes } from '../../../lib/exit-codes.js';
import { swarmup } from '../../../lib/typed-command.js';
import type { PortForward } from '../options.js';
import type { ListedVm } from '../tool/parse.js';

/** Ports of 127.0.0.1 for sshd of the hosts. Below the ports that systems give to outgoing connections. */
const sshPorts = { first: 22_200, last: 22_699 } as const;

/**
 * A port of 127.0.0.1 that no machine in the list has in its rules, running or not, and that no program listens on:
 * VirtualBox starts a machine without a warning if its port is in use. `id`: of the machine; it determines the first
 * port to try, because the list has only the machines of this user, and stopped machines of other users cannot be seen.
 * Errors: PORTS_EXHAUSTED (exit 3).
 */
export async function chooseSshPort(
  vms: readonly ListedVm[],
  id: string,
  range: SshPortRange = sshPorts,
): Promise<number> {
  const promised = promisedPorts(vms);
  const size = range.last - range.first + 1;
  const offset = Number.parseInt(id.slice(0, 8), 16) % size;
  for (let i = 0; i < size; i++) {
    const port = range.first + ((offset + i) % size);
    if (!promised.has(port) && (await isFree(port, '127.0.0.1'))) return port;
  }
  const ports = `${String(range.first)} to ${String(range.last)}`;
  throw new SwarmupError('PORTS_EXHAUSTED', `no port of 127.0.0.1 from ${ports} is free for ssh to a new host`, {
    exitCode: exitCodes.preflight,
    hints: [`remove hosts that are not needed: ${swarmup`rm NAME`}`, `see which programs use the ports: ss -ltnp`],
  });
}

interface SshPortRange {
  readonly first: number;
  readonly last: number;
}

/** Looks whether the ports that were asked for can be had. Errors: PORT_TAKEN (exit 3). */
export async function requireFreePorts(ports: readonly PortForward[], vms: readonly ListedVm[]): Promise<void> {
  const promised = promisedPorts(vms);
  for (const { hostIp, hostPort, protocol } of ports) {
    const free = !promised.has(hostPort) && (protocol === 'udp' || (await isFree(hostPort, hostIp)));
    if (!free)
      throw new SwarmupError('PORT_TAKEN', `port ${String(hostPort)} of ${hostIp} is in use`, {
        exitCode: exitCodes.preflight,
        hints: ['use another port: --virtualbox-port PORT:GUEST-PORT'],
      });
  }
}

const promisedPorts = (vms: readonly ListedVm[]): ReadonlySet<number> =>
  new Set(vms.flatMap(({ rules }) => rules.map(({ hostPort }) => hostPort)));

export function isFree(port: number, address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
      .once('error', () => {
        resolve(false);
      })
      .listen({ port, host: address, exclusive: true }, () => {
        server.close(() => {
          resolve(true);
        });
      });
  });
}
