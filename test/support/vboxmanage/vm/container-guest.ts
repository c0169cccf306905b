import { spawn } from 'node:child_process';
import type { Machine } from '../model.js';
import { type Backend, Refusal } from './backend.js';
import { contentBelow, diskContent, setDiskContent } from './container-disks.js';
import {
  addressOf,
  commitContainer,
  inspectContainer,
  setHardwareAddresses,
  startContainer,
} from './container-make.js';
import { engine, tolerant } from './docker.js';
import { tcpForwards } from './forwards.js';

/** As systemd wants it in a container: power off. */
const powerOffSignal = 'SIGRTMIN+4';
/** What a container ends with when its first process reboots. */
const rebootStatus = 129;

/**
 * A container of a host image with cloud-init in the place of a virtual machine. The container belongs to the disk: it
 * is there again after a stop, and goes with the disk. The seed is read from the attached image; networks and hardware
 * addresses are those of the machine's cards.
 */
export function containerGuest(machine: Machine): Backend {
  let container = '';
  let address: string | undefined;
  let leaving = false;
  let shutDown: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => (shutDown = resolve));
  const forwards = tcpForwards(() => address);

  async function boot(): Promise<void> {
    container = await startContainer(machine, diskOf(machine));
    address = await setHardwareAddresses(machine, container);
    void watch();
  }

  /** Until the guest is down; a reboot is not. */
  async function watch(): Promise<void> {
    const { StatusCode } = await engine.request<{ StatusCode: number }>('POST', `/containers/${container}/wait`, {
      timeoutMs: 2 ** 31 - 1,
    });
    if (leaving) return;
    if (StatusCode === rebootStatus) await boot();
    else shutDown();
  }

  return {
    async start() {
      const known = diskContent(diskOf(machine))?.container;
      if (known !== undefined && (await inspectContainer(known)).State.Status === 'paused') {
        container = known;
        await engine.request('POST', `/containers/${container}/unpause`);
        address = await addressOf(container);
        void watch();
      } else await boot();
      endWithMe(container);
    },
    forward: (_nic, forward) => forwards.open(forward),
    unforward: (_nic, forward) => forwards.close(forward),
    pause: () => engine.request('POST', `/containers/${container}/pause`),
    resume: () => engine.request('POST', `/containers/${container}/unpause`),
    async reset() {
      leaving = true;
      await tolerant(engine.request('POST', `/containers/${container}/kill`));
      await engine.request('POST', `/containers/${container}/wait`);
      leaving = false;
      await boot();
    },
    powerButton: () => engine.request('POST', `/containers/${container}/kill`, { query: { signal: powerOffSignal } }),
    async powerOff() {
      leaving = true;
      const { State } = await inspectContainer(container);
      if (State.Status === 'paused') await engine.request('POST', `/containers/${container}/unpause`);
      await tolerant(engine.request('POST', `/containers/${container}/kill`));
      await engine.request('POST', `/containers/${container}/wait`);
    },
    async saveState() {
      leaving = true;
      await engine.request('POST', `/containers/${container}/pause`);
      guard?.disarm();
    },
    async snapshot(_stateFile, now) {
      const image = await commitContainer(container);
      const below = diskOf(now);
      const frozen = contentBelow(below);
      if (frozen !== undefined) setDiskContent(frozen.medium, { image });
      setDiskContent(below, { container });
    },
    ended,
  };
}

let guard: { readonly disarm: () => void } | undefined;

/** A container does not end with the process that watches it: a shell that waits for this one's end sees to that. */
function endWithMe(container: string): void {
  const script =
    'read -r word; [ "$word" = keep ] || exec curl -s -X POST --unix-socket /var/run/docker.sock "http://docker/containers/$0/kill" >/dev/null';
  const child = spawn('sh', ['-c', script, container], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
  child.unref();
  guard = { disarm: () => child.stdin.end('keep\n') };
}

/** The disk that the machine boots from. */
function diskOf({ hardware }: Machine): string {
  const disk = hardware.controllers
    .flatMap(({ attachments }) => attachments)
    .find(({ kind, medium }) => kind === 'hdd' && medium !== undefined);
  if (disk?.medium === undefined) throw new Refusal('No bootable medium found (VERR_PDM_MEDIA_NOT_MOUNTED)');
  return disk.medium;
}
