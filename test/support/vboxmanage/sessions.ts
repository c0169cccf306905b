import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { comError, type Context, type Failure } from './failure.js';
import { strikes } from './faults.js';
import { caller, sleep, tryCreate, userHome, writeMachine } from './home.js';
import type { Machine, MachineState, RunningState } from './model.js';

/** The process that runs a machine, as it describes itself. */
interface VmProcess {
  readonly pid: number;
  /** Where it takes orders: path of a Unix socket. */
  readonly socket: string;
  /** spawning: the process was started, and has not taken the session yet. */
  readonly state: RunningState | 'spawning';
  readonly stateChanged: string;
}

function sessionFile(uuid: string, ending: string): string {
  const folder = join(userHome(), 'sessions');
  mkdirSync(folder, { recursive: true });
  return join(folder, `${uuid}.${ending}`);
}

export const writeVmProcess = (uuid: string, vm: VmProcess): void => {
  writeFileSync(sessionFile(uuid, 'vm'), JSON.stringify(vm));
};
export const forgetVmProcess = (uuid: string): void => {
  rmSync(sessionFile(uuid, 'vm'), { force: true });
};

/** The process of a machine. One that died without a word leaves the machine aborted. */
export function vmProcess(machine: Machine): VmProcess | undefined {
  const file = sessionFile(machine.uuid, 'vm');
  if (!existsSync(file)) return undefined;
  const vm = JSON.parse(readFileSync(file, 'utf8')) as VmProcess;
  if (runs(vm.pid, machine.uuid)) return vm;
  forgetVmProcess(machine.uuid);
  machine.state = machine.state === 'saved' ? 'aborted-saved' : 'aborted';
  machine.stateChanged = new Date().toISOString();
  writeMachine(machine);
  return undefined;
}

/** A process that has this word in its arguments: numbers of processes are used again. */
function runs(pid: number, word: string): boolean {
  try {
    return readFileSync(`/proc/${String(pid)}/cmdline`, 'utf8').includes(word);
  } catch {
    return false;
  }
}

export function machineState(machine: Machine): { readonly state: MachineState; readonly changed: string } {
  const vm = vmProcess(machine);
  return vm === undefined || vm.state === 'spawning'
    ? { state: machine.state, changed: machine.stateChanged }
    : { state: vm.state, changed: vm.stateChanged };
}

/** Whether a process runs the machine that takes orders. */
export const isLive = (machine: Machine): boolean => ['running', 'paused'].includes(machineState(machine).state);

/** Between the start of the process of a machine and its own call nobody else gets at the session. */
export function needNoSpawning(machine: Machine, context: Context): void {
  const vm = vmProcess(machine);
  if (vm?.state !== 'spawning') return;
  const id = (pid: number): string => `0x${pid.toString(16).toUpperCase().padStart(8, '0')}`;
  throw comError(
    `An unexpected process (PID=${id(process.pid)}) has tried to lock the machine '${machine.name}', ` +
      `while only the process started by LaunchVMProcess (PID=${id(vm.pid)}) is allowed`,
    'E_ACCESSDENIED',
    'Machine',
    context,
  );
}

const lockedFor = (machine: Machine, context: Context): Failure =>
  comError(
    `The machine '${machine.name}' is already locked for a session (or being unlocked)`,
    'VBOX_E_INVALID_OBJECT_STATE',
    'Machine',
    context,
  );
export const lockedBy = (machine: Machine, context: Context): Failure =>
  comError(
    `The machine '${machine.name}' is already locked by a session (or being locked or unlocked)`,
    'VBOX_E_INVALID_OBJECT_STATE',
    'Machine',
    context,
  );

/** A session takes some time, as in the real tool: two calls at once do meet. */
const leastHoldMs = 40;

interface Session {
  readonly command: string;
  /** A shared one joins the session of a running machine; a writing one is refused then. */
  readonly kind: 'shared' | 'write';
  readonly context: Context;
}

/**
 * Does `work` with the session of a machine. While another call has it, this one fails as the real tool does; some of
 * these collisions spoil the session of the other one instead, which then finds `spoiled()` true.
 */
export function withSession<T>(machine: Machine, session: Session, work: (spoiled: () => boolean) => T): T {
  needNoSpawning(machine, session.context);
  if (vmProcess(machine) !== undefined) {
    if (session.kind === 'write') throw lockedFor(machine, session.context);
    return work(() => false);
  }
  const lock = sessionFile(machine.uuid, 'lock');
  const mark = sessionFile(machine.uuid, 'spoiled');
  if (strikes('lock-pending', session.command)) throw collision(machine, session, 1);
  if (!takeLock(lock, session.command)) {
    const count = nextCollision();
    if (count % 4 === 3 && session.command === 'showvminfo') writeFileSync(mark, '');
    throw collision(machine, session, count);
  }
  const since = Date.now();
  try {
    return work(() => {
      sleep(Math.max(0, leastHoldMs - (Date.now() - since)));
      const spoiled = existsSync(mark);
      rmSync(mark, { force: true });
      return spoiled || strikes('truncated', session.command);
    });
  } finally {
    sleep(Math.max(0, leastHoldMs - (Date.now() - since)));
    rmSync(lock, { force: true });
  }
}

/** True when another call has the session of the machine. */
export const isLocked = (machine: Machine): boolean =>
  vmProcess(machine) !== undefined || holder(sessionFile(machine.uuid, 'lock')) !== undefined;

function takeLock(lock: string, command: string): boolean {
  const content = `${caller()} ${command}`;
  if (tryCreate(lock, content)) return true;
  if (holder(lock) !== undefined) return false;
  rmSync(lock, { force: true });
  return tryCreate(lock, content);
}

/** The caller that has a lock; undefined when it is free or its holder was killed. */
function holder(lock: string): string | undefined {
  try {
    const [holding = ''] = readFileSync(lock, 'utf8').split(' ');
    return existsSync(join('/proc', holding)) ? holding : undefined;
  } catch {
    return undefined;
  }
}

function nextCollision(): number {
  const file = join(userHome(), 'sessions', 'collisions');
  const count = existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0;
  writeFileSync(file, String(count + 1));
  return count;
}

function collision(machine: Machine, { context }: Session, count: number): Failure {
  const text = `The machine '${machine.name}' already has a lock request pending`;
  return count % 2 === 1
    ? comError(text, 'VBOX_E_INVALID_OBJECT_STATE', 'Machine', context)
    : lockedFor(machine, context);
}
