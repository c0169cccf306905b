import { parseArguments, syntaxError } from '../grammar.js';
import { changeRegistry, readRegistry, writeMachine } from '../home.js';
import { findMachine } from '../machines.js';
import { withSession } from '../sessions.js';
import type { Command } from './command.js';

const file = 'VBoxManageMisc';

export const setExtraData: Command = (args) => {
  const { positional } = parseArguments({ command: 'setextradata' }, args);
  const [vm, key, value = '', more] = positional;
  if (vm === undefined || key === undefined || more !== undefined)
    throw syntaxError('setextradata', 'Not enough parameters');
  if (vm === 'global') {
    changeRegistry(({ extraData }) => {
      set(extraData, key, value);
    });
    return 0;
  }
  const machine = findMachine(vm, ['FindMachine(Bstr(a->argv[0]).raw(), machine.asOutParam())', 1100, file]);
  withSession(
    machine,
    { command: 'setextradata', kind: 'shared', context: ['LockMachine(a->session, LockType_Write)', 1108, file] },
    () => {
      set(machine.extraData, key, value);
      writeMachine(machine);
    },
  );
  return 0;
};

/** Nothing takes the key away. */
function set(data: Record<string, string>, key: string, value: string): void {
  // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- a plain record of names
  if (value === '') delete data[key];
  else data[key] = value;
}

/** Takes no session: it never collides. */
export const getExtraData: Command = (args, { out }) => {
  const { positional } = parseArguments({ command: 'getextradata' }, args);
  const [vm, key, more] = positional;
  if (vm === undefined || key === undefined || more !== undefined)
    throw syntaxError('getextradata', 'Incorrect number of parameters');
  const { extraData } =
    vm === 'global'
      ? readRegistry()
      : findMachine(vm, ['FindMachine(Bstr(a->argv[0]).raw(), machine.asOutParam())', 1022, file]);
  if (key === 'enumerate') {
    for (const name of Object.keys(extraData).sort()) out(`Key: ${name}, Value: ${extraData[name] ?? ''}\n`);
  } else out(extraData[key] === undefined ? 'No value set!\n' : `Value: ${extraData[key]}\n`);
  return 0;
};
