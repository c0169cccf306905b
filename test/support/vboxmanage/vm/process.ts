/* The process of one running machine: VBoxHeadless UUID SETTINGS-FILE, started by launch.ts. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, existsSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleepFor } from 'node:timers/promises';
import { readMachine, userHome, writeMachine } from '../home.js';
import { serialFile } from '../machines.js';
import type { Forward, Machine, PassingState, RunningState, StoredState } from '../model.js';
import { forgetVmProcess, writeVmProcess } from '../sessions.js';
import { type Backend, Refusal } from './backend.js';
import { containerGuest } from './container-guest.js';
import { noGuest } from './no-guest.js';
import type { Order } from './orders.js';
import { qemuGuest } from './qemu-guest.js';

const [, , uuid = '', settingsFile = ''] = process.argv;
const started = Date.now();

const say = (text: string): void => {
  process.stdout.write(`${((Date.now() - started) / 1000).toFixed(6).padStart(15, '0')} ${text}\n`);
};

const readyChannel = 3;

/** To the call that started this; then that one ends. */
function answer(text: string): void {
  writeSync(readyChannel, text);
  closeSync(readyChannel);
}

function settings(): Machine {
  const machine = readMachine(settingsFile);
  if (machine === undefined) throw new Refusal('The settings file is gone');
  return machine;
}

const socketPath = join(
  tmpdir(),
  `vbox-${createHash('sha256')
    .update(userHome() + uuid)
    .digest('hex')
    .slice(0, 16)}`,
);

async function run(): Promise<void> {
  const machine = settings();
  const backend = makeBackend(machine);
  await pass('spawning');
  const first = machine.stateFile === undefined ? 'starting' : 'restoring';
  enter(first);
  await pass(first);
  writeConsole(machine);
  await backend.start();
  for (const [index, nic] of machine.hardware.nics.entries()) {
    if (nic.attachment === 'nat') for (const forward of nic.forwards) await openForward(backend, index + 1, forward);
  }
  delete machine.stateFile;
  writeMachine({ ...machine, state: 'poweroff', stateChanged: new Date().toISOString() });
  await listen(backend);
  endWithOwner(backend);
  enter('running');
  void backend.ended.then(async () => {
    enter('stopping');
    await pass('stopping');
    leave('poweroff');
  });
  answer('ready');
}

/** The port is opened anew with each start; guests that are no machines write nothing more to it than this. */
function writeConsole(machine: Machine): void {
  const file = serialFile(machine);
  if (file !== undefined) writeFileSync(file, `[    0.000000] ${machine.name} begins\r\n`);
}

/** A machine leaves such a state at once, unless a test that looks at it meanwhile names it in the file `hold`. */
async function pass(state: PassingState | 'spawning'): Promise<void> {
  const file = join(userHome(), 'hold');
  while (existsSync(file) && readFileSync(file, 'utf8') === state) await sleepFor(20);
}

const ownerCheckMs = 2000;

/** Machines of a test run that was killed would run, and emulate, for ever. */
function endWithOwner(backend: Backend): void {
  const owner = Number(process.env['VBOX_DOUBLE_OWNER']);
  if (!(owner > 0)) return;
  setInterval(() => {
    try {
      process.kill(owner, 0);
    } catch {
      say('Whoever wanted this machine is gone');
      void backend.powerOff().finally(() => process.exit(1));
    }
  }, ownerCheckMs).unref();
}

function makeBackend(machine: Machine): Backend {
  switch (process.env['VBOX_DOUBLE_BACKEND']) {
    case 'container':
      return containerGuest(machine);
    case 'qemu':
      return qemuGuest(machine);
    case undefined:
    default:
      return noGuest();
  }
}

/** A busy port is only a line in the log. */
async function openForward(backend: Backend, nic: number, forward: Forward): Promise<void> {
  if (await backend.forward(nic, forward)) return;
  const guest = forward.guestIp === '' ? '10.0.2.15' : forward.guestIp;
  say(
    `NAT#${String(nic - 1)}: configuration error: failed to set up redirection of ${String(forward.hostPort)} to ` +
      `${guest}:${String(forward.guestPort)}. Probably a conflict with existing services or other rules`,
  );
}

function enter(state: RunningState): void {
  say(`Changing the VM state to '${state.toUpperCase()}'`);
  writeVmProcess(uuid, { pid: process.pid, socket: socketPath, state, stateChanged: new Date().toISOString() });
}

/** The end of this process; the machine is left in a state that needs none. */
function leave(state: StoredState, stateFile?: string): void {
  say(`Changing the VM state to '${state.toUpperCase()}'`);
  writeMachine({
    ...settings(),
    state,
    stateChanged: new Date().toISOString(),
    ...(stateFile !== undefined && { stateFile }),
  });
  forgetVmProcess(uuid);
  rmSync(socketPath, { force: true });
  left = true;
  exitWhenAnswered();
}

let left = false;
let unanswered = 0;

/** Whoever gave an order hears of it, also of the one that ended this. */
function exitWhenAnswered(): void {
  if (left && unanswered === 0) process.exit(0);
}

function listen(backend: Backend): Promise<void> {
  rmSync(socketPath, { force: true });
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    void serve(backend, socket);
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(socketPath, resolve);
  });
}

async function serve(backend: Backend, socket: Socket): Promise<void> {
  let text = '';
  unanswered += 1;
  socket.on('error', () => socket.destroy());
  socket.once('close', () => {
    unanswered -= 1;
    exitWhenAnswered();
  });
  socket.setEncoding('utf8').on('data', (part: string) => (text += part));
  await once(socket, 'end');
  try {
    await obey(backend, JSON.parse(text) as Order);
    socket.end('done');
  } catch (error) {
    socket.end(String(error));
  }
}

async function obey(backend: Backend, order: Order): Promise<void> {
  say(`Console: ${order.order}`);
  switch (order.order) {
    case 'pause':
      await backend.pause();
      enter('paused');
      return;
    case 'resume':
      await backend.resume();
      enter('running');
      return;
    case 'reset':
      return backend.reset();
    case 'acpipowerbutton':
      return backend.powerButton();
    case 'poweroff':
      enter('stopping');
      await pass('stopping');
      await backend.powerOff();
      leave('poweroff');
      return;
    case 'savestate':
      enter('saving');
      await pass('saving');
      await backend.saveState(order.stateFile);
      writeFileSync(order.stateFile, '', { flag: 'a' });
      leave('saved', order.stateFile);
      return;
    case 'forward':
      return openForward(backend, order.nic, order.forward);
    case 'unforward':
      return backend.unforward(order.nic, order.forward);
    case 'snapshot':
      return backend.snapshot(order.stateFile, settings());
  }
}

run().catch((error: unknown) => {
  say(String(error));
  forgetVmProcess(uuid);
  answer(error instanceof Refusal ? error.message : String(error));
  process.exit(1);
});
