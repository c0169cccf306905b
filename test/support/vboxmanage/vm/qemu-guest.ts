import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleepFor } from 'node:timers/promises';
import { readRegistry } from '../home.js';
import type { Forward, Machine } from '../model.js';
import { type Backend, Refusal } from './backend.js';
import { cardArguments, driveId, machineArguments, netId } from './qemu-arguments.js';
import { netdevOf, removeTaps } from './qemu-network.js';
import { openQmp, type Qmp } from './qmp.js';

/** Longer than QEMU takes to listen, also on a machine that is busy. */
const listenMs = 60_000;

/** A machine of QEMU with the disks, images, cards and controllers that the settings name, booted by its BIOS. */
export function qemuGuest(machine: Machine): Backend {
  let running: Running | undefined;
  let leaving = false;
  /** Names of QEMU's block devices, by the disk that is on top there. */
  const drives = new Map(attached(machine).map((medium) => [medium, driveId(medium)]));
  let shutDown: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => (shutDown = resolve));
  const qemu = (): Qmp => {
    if (running === undefined) throw new Error('QEMU does not run');
    return running.qmp;
  };
  const quit = async (): Promise<void> => {
    leaving = true;
    await qemu()
      .call('quit')
      .catch(() => undefined);
    await running?.exited;
  };

  return {
    async start() {
      running = await launch(machine);
      const { qmp, exited } = running;
      void exited.then(() => {
        if (!leaving) shutDown();
      });
      if (machine.stateFile === undefined) return;
      await settled(qmp, ['inmigrate']);
      await qmp.call('cont');
    },
    // The human monitor is silent when it has done it.
    forward: async (nic, forward) => (await qemu().monitor(`hostfwd_add ${netId(nic)} ${rule(forward)}`)).trim() === '',
    async unforward(nic, { protocol, hostIp, hostPort }) {
      await qemu().monitor(`hostfwd_remove ${netId(nic)} ${protocol}:${hostIp}:${String(hostPort)}`);
    },
    pause: () => qemu().call('stop'),
    resume: () => qemu().call('cont'),
    reset: () => qemu().call('system_reset'),
    powerButton: () => qemu().call('system_powerdown'),
    powerOff: quit,
    async saveState(file) {
      await writeState(qemu(), file);
      await quit();
    },
    async snapshot(stateFile, now) {
      await writeState(qemu(), stateFile);
      await putOverlays(qemu(), drives, now);
      await qemu().call('cont');
    },
    ended,
  };
}

interface Running {
  readonly qmp: Qmp;
  /** Settles when QEMU is gone, and what it had of this machine's network as well. */
  readonly exited: Promise<void>;
}

const rule = ({ protocol, hostIp, hostPort, guestIp, guestPort }: Forward): string =>
  `${protocol}:${hostIp}:${String(hostPort)}-${guestIp}:${String(guestPort)}`;

/** Starts QEMU such that it ends with this process, however that ends. */
async function launch(machine: Machine): Promise<Running> {
  const socket = join(tmpdir(), `vbox-qmp-${machine.uuid}-${String(process.pid)}`);
  const cards = machine.hardware.nics.flatMap((nic, index) =>
    nic.attachment === 'none' || !nic.cable ? [] : cardArguments(nic, index + 1, netdevOf(nic, index + 1)),
  );
  const state = machine.stateFile === undefined ? [] : ['-incoming', `exec:cat '${machine.stateFile}'`];
  const args = [
    ...machineArguments(machine, readRegistry().media),
    ...cards,
    ...state,
    '-qmp',
    `unix:${socket},server=on,wait=off`,
  ];
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', 'qemu-system-x86_64', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  child.stdout.on('data', (text: Buffer) => process.stdout.write(text));
  child.stderr.on('data', (text: Buffer) => {
    said += text.toString();
    process.stderr.write(text);
  });
  const exited = once(child, 'exit').then(() => {
    removeTaps(machine.hardware.nics);
  });
  const gone = exited.then(() => {
    throw new Refusal(`QEMU ended: ${said.trim().replaceAll('\n', ' ')} (VERR_VM_DRIVER_NOT_INSTALLED)`);
  });
  gone.catch(() => undefined);
  const qmp = await Promise.race([gone, connected(socket)]);
  rmSync(socket, { force: true });
  return { qmp, exited };
}

async function connected(socket: string): Promise<Qmp> {
  const deadline = Date.now() + listenMs;
  for (;;) {
    if (existsSync(socket)) {
      const qmp = await openQmp(socket).catch(() => undefined);
      if (qmp !== undefined) return qmp;
    }
    if (Date.now() > deadline) throw new Refusal('QEMU does not answer (VERR_TIMEOUT)');
    await sleepFor(20);
  }
}

/** Waits while QEMU is in one of these states. */
async function settled(qmp: Qmp, states: readonly string[]): Promise<void> {
  while (states.includes((await qmp.call<{ status: string }>('query-status')).status)) await sleepFor(50);
}

/** Memory and devices into a file; the machine stands still afterwards, unless this fails. */
async function writeState(qmp: Qmp, file: string): Promise<void> {
  await qmp.call('stop');
  await qmp.call('migrate', { uri: `exec:cat > '${file}'` });
  for (;;) {
    const { status = '' } = await qmp.call<{ status?: string }>('query-migrate');
    if (status === 'completed') return;
    if (status === 'failed' || status === 'cancelled') {
      await qmp.call('cont');
      throw new Error(`the state could not be written to ${file}`);
    }
    await sleepFor(50);
  }
}

/** The disks that the settings name by now lie on top of those that QEMU has open. */
async function putOverlays(qmp: Qmp, drives: Map<string, string>, now: Machine): Promise<void> {
  const { media } = readRegistry();
  for (const { uuid, parent = '', location } of media.filter((medium) => attached(now).includes(medium.uuid))) {
    const device = drives.get(parent);
    if (device === undefined || drives.has(uuid)) continue;
    await qmp.call('blockdev-snapshot-sync', { device, 'snapshot-file': location, format: 'qcow2', mode: 'existing' });
    drives.set(uuid, device);
  }
}

const attached = ({ hardware }: Machine): readonly string[] =>
  hardware.controllers.flatMap(({ attachments }) =>
    attachments.flatMap(({ medium }) => (medium === undefined ? [] : [medium])),
  );
