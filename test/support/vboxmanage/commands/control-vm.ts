import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { bareError, comError, comText, type Context, type Failure, finishedBar, toolError } from '../failure.js';
import { parseArguments, syntaxError } from '../grammar.js';
import { readMachine, writeMachine } from '../home.js';
import { findMachine, snapshotFolder } from '../machines.js';
import type { Machine } from '../model.js';
import type { Output } from '../output.js';
import { isLive, machineState, needNoSpawning, vmProcess, withSession } from '../sessions.js';
import { type Order, orderVm } from '../vm/orders.js';
import type { Command } from './command.js';
import { setForward } from './modify-nic.js';

const file = 'VBoxManageControlVM';

export const controlVm: Command = async (args, output) => {
  const [vm, action, ...rest] = args;
  if (vm === undefined || action === undefined) throw syntaxError('controlvm', 'Not enough parameters');
  const machine = findMachine(vm, ['FindMachine(Bstr(a->argv[0]).raw(), machine.asOutParam())', 363, file]);
  if (vmProcess(machine) === undefined) throw toolError(`Machine '${vm}' is not currently running.`);
  needNoSpawning(machine, ['LockMachine(a->session, LockType_Shared)', 372, file]);
  const slot = /^natpf([1-8])$/.exec(action)?.[1];
  if (slot !== undefined) return forward(machine, Number(slot), rest);
  const act = actions[action];
  // The status of this syntax error is 1, as recorded.
  if (act === undefined) throw syntaxError('controlvm', `Invalid parameter '${action}'.`, 1);
  needSettled(machine, action);
  return act(machine, output, rest);
};

type Act = (machine: Machine, output: Output, rest: readonly string[]) => Promise<number>;

const invalidState = (text: string, call: string, line: number): Failure =>
  comError(text, 'VBOX_E_INVALID_VM_STATE', 'Console', [call, line, file]);

/** What the console says while the machine starts, stops, is saved or restored. */
function needSettled(machine: Machine, action: string): void {
  const { state } = machineState(machine);
  if (isLive(machine)) return;
  const word = `${state.charAt(0).toUpperCase()}${state.slice(1)}`;
  if (action !== 'poweroff') throw invalidState(`Invalid machine state: ${word}`, `${action}()`, 388);
  const text =
    state === 'stopping'
      ? 'The virtual machine is being powered down'
      : `Invalid machine state: ${word} (must be Running, Paused or Stuck)`;
  throw invalidState(text, 'PowerDown(progress.asOutParam())', 417);
}

const isPaused = (machine: Machine): boolean => machineState(machine).state === 'paused';

const tell = async (machine: Machine, order: Order): Promise<number> => {
  await orderVm(machine, order);
  return 0;
};

const actions: Readonly<Record<string, Act>> = {
  pause: async (machine) => {
    if (isPaused(machine)) throw invalidState('Already paused', 'Pause()', 388);
    return tell(machine, { order: 'pause' });
  },
  resume: async (machine) => {
    if (!isPaused(machine))
      throw invalidState('Cannot resume the machine as it is not paused (machine state: Running)', 'Resume()', 393);
    return tell(machine, { order: 'resume' });
  },
  reset: async (machine) => tell(machine, { order: 'reset' }),
  poweroff: async (machine, { err }) => {
    await orderVm(machine, { order: 'poweroff' });
    err(finishedBar);
    return 0;
  },
  // Always well, also when the guest does not care.
  acpipowerbutton: async (machine) => {
    if (isPaused(machine)) throw invalidState('Invalid machine state: Paused', 'PowerButton()', 658);
    return tell(machine, { order: 'acpipowerbutton' });
  },
  savestate: async (machine, { err }) => {
    const stateFile = join(
      snapshotFolder(machine),
      `${new Date().toISOString().replace(/[:.]/g, '-').replace('Z', '000000Z')}.sav`,
    );
    mkdirSync(snapshotFolder(machine), { recursive: true });
    await orderVm(machine, { order: 'savestate', stateFile });
    err(finishedBar);
    return 0;
  },
};

/** Changes the rules of the running machine and its settings; a busy port is no error. */
async function forward(machine: Machine, slot: number, rest: readonly string[]): Promise<number> {
  const [rule, removed, more] = rest;
  const isDelete = rule === 'delete';
  if (rule === undefined || more !== undefined || isDelete !== (removed !== undefined)) {
    throw syntaxError('controlvm', 'Missing or invalid argument to natpf', 1);
  }
  const nic = machine.hardware.nics[slot - 1];
  if (nic?.attachment !== 'nat')
    throw bareError('NS_ERROR_INVALID_ARG', ['COMGETTER(NATEngine)(engine.asOutParam())', 940, file]);
  const before = nic.forwards;
  const old = before.find(({ name }) => name === removed);
  nic.forwards = [...before];
  setForward(nic, isDelete ? `delete ${removed ?? ''}` : rule, [1010, 961], file);
  writeMachine(machine);
  if (old !== undefined) return tell(machine, { order: 'unforward', nic: slot, forward: old });
  const added = nic.forwards.at(-1);
  return added === undefined ? 0 : tell(machine, { order: 'forward', nic: slot, forward: added });
}

/** Fails with status 0 on a machine without a saved state. */
export const discardState: Command = (args, { err }) => {
  const { positional } = parseArguments({ command: 'discardstate' }, args);
  const [vm, more] = positional;
  if (vm === undefined || more !== undefined) throw syntaxError('discardstate', 'Incorrect number of parameters');
  const misc = 'VBoxManageMisc';
  const machine = findMachine(vm, ['FindMachine(Bstr(a->argv[0]).raw(), machine.asOutParam())', 1280, misc]);
  const lock: Context = ['LockMachine(a->session, LockType_Write)', 1288, misc];
  return withSession(machine, { command: 'discardstate', kind: 'write', context: lock }, () => {
    if (machine.state !== 'saved' && machine.state !== 'aborted-saved') {
      const state = machine.state === 'aborted' ? 'Aborted' : 'PoweredOff';
      const text = `Cannot discard the saved state as the machine is not in the Saved or Aborted-Saved state (machine state: ${state})`;
      err(comText(text, 'VBOX_E_INVALID_VM_STATE', 'SessionMachine', ['DiscardSavedState(true )', 1292, misc]));
      return 0;
    }
    const kept = machine.snapshots.some(({ stateFile }) => stateFile === machine.stateFile);
    if (machine.stateFile !== undefined && !kept) rmSync(machine.stateFile, { force: true });
    delete machine.stateFile;
    machine.state = 'poweroff';
    machine.stateChanged = new Date().toISOString();
    writeMachine(machine);
    return 0;
  });
};

/** A saved state from a file. */
export const adoptState: Command = (args) => {
  const { positional } = parseArguments({ command: 'adoptstate' }, args);
  const [vm, stateFile, more] = positional;
  if (vm === undefined || stateFile === undefined || more !== undefined)
    throw syntaxError('adoptstate', 'Incorrect number of parameters');
  const misc = 'VBoxManageMisc';
  const machine = findMachine(vm, ['FindMachine(Bstr(a->argv[0]).raw(), machine.asOutParam())', 1310, misc]);
  withSession(
    machine,
    { command: 'adoptstate', kind: 'write', context: ['LockMachine(a->session, LockType_Write)', 1318, misc] },
    () => {
      const current = readMachine(machine.settingsFile) ?? machine;
      writeMachine({ ...current, state: 'saved', stateFile, stateChanged: new Date().toISOString() });
    },
  );
  return 0;
};
