import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { comError, type Context } from '../failure.js';
import { isGiven, parseArguments, type Parsed, switchValue, syntaxError, valueOf } from '../grammar.js';
import { writeMachine } from '../home.js';
import { findMachine } from '../machines.js';
import type { Machine } from '../model.js';
import { withSession } from '../sessions.js';
import type { Command } from './command.js';

const file = 'VBoxManageMisc';

export const sharedFolder: Command = (args) => {
  const [action = '', ...rest] = args;
  const act = actions[action];
  if (act === undefined)
    throw syntaxError('sharedfolder', action === '' ? 'Not enough parameters' : `Invalid parameter '${action}'`);
  const parsed = parseArguments({ command: 'sharedfolder', form: new RegExp(`sharedfolder ${action} `) }, rest);
  const [vm, more] = parsed.positional;
  const name = valueOf(parsed, 'name');
  if (vm === undefined || more !== undefined) throw syntaxError('sharedfolder', 'Not enough parameters');
  if (name === undefined) throw syntaxError('sharedfolder', 'Parameter --name is required');
  const machine = findMachine(vm, ['FindMachine(Bstr(pszMachineName).raw(), machine.asOutParam())', 1700, file]);
  withSession(
    machine,
    // Until the machine is off, and so of one that runs.
    {
      command: 'sharedfolder',
      kind: isGiven(parsed, 'transient') ? 'shared' : 'write',
      context: ['LockMachine(a->session, LockType_Write)', 1725, file],
    },
    () => {
      act(machine, name, parsed);
      writeMachine(machine);
    },
  );
  return 0;
};

type Act = (machine: Machine, name: string, parsed: Parsed) => void;

const actions: Readonly<Record<string, Act>> = { add, remove, modify };

function add({ hardware }: Machine, name: string, parsed: Parsed): void {
  const path = valueOf(parsed, 'hostpath');
  if (path === undefined) throw syntaxError('sharedfolder', 'Parameter --hostpath is required');
  const context: Context = [
    'CreateSharedFolder(Bstr(pszName).raw(), Bstr(szAbsHostPath).raw(), fWritable, fAutoMount, Bstr(pszAutoMountPoint).raw())',
    1732,
    file,
  ];
  if (hardware.sharedFolders.some((folder) => folder.name === name)) {
    throw comError(`Shared folder named '${name}' already exists`, 'VBOX_E_OBJECT_IN_USE', 'SessionMachine', context);
  }
  const hostPath = resolve(path);
  if (!existsSync(hostPath)) {
    throw comError(
      `RTPathQueryInfo failed on shared folder path '${hostPath}': VERR_FILE_NOT_FOUND`,
      'NS_ERROR_INVALID_ARG',
      'SharedFolder',
      context,
    );
  }
  hardware.sharedFolders.push({
    name,
    hostPath,
    writable: !isGiven(parsed, 'readonly'),
    autoMount: isGiven(parsed, 'automount'),
    mountPoint: valueOf(parsed, 'auto-mount-point') ?? '',
    symlinkPolicy: '',
  });
}

function remove({ hardware }: Machine, name: string): void {
  needFolder(hardware.sharedFolders, name, ['RemoveSharedFolder(Bstr(pszName).raw())', 1836, file]);
  hardware.sharedFolders = hardware.sharedFolders.filter((folder) => folder.name !== name);
}

function needFolder<T extends { readonly name: string }>(folders: readonly T[], name: string, context: Context): T {
  const found = folders.find((folder) => folder.name === name);
  if (found !== undefined) return found;
  throw comError(
    `Could not find a shared folder named '${name}'`,
    'VBOX_E_OBJECT_NOT_FOUND',
    'SessionMachine',
    context,
  );
}

function modify({ hardware }: Machine, name: string, parsed: Parsed): void {
  const folder = needFolder(hardware.sharedFolders, name, ['FindSharedFolder(Bstr(pszName).raw())', 1900, file]);
  for (const option of parsed.options) {
    if (option.name === 'readonly') folder.writable = !switchValue('sharedfolder', option.value);
    else if (option.name === 'automount') folder.autoMount = switchValue('sharedfolder', option.value);
    else if (option.name === 'auto-mount-point') folder.mountPoint = option.value;
    else if (option.name === 'symlink-policy') folder.symlinkPolicy = option.value;
  }
}
