import { comError, type Context, Failure, toolError } from '../failure.js';
import { isGiven, numberValue, parseArguments, type Parsed, syntaxError, valueOf } from '../grammar.js';
import { sleep, writeMachine } from '../home.js';
import { findMachine } from '../machines.js';
import type { GuestProperty, Machine } from '../model.js';
import type { Output } from '../output.js';
import { vmProcess, withSession } from '../sessions.js';
import { revision, version } from '../texts.js';
import type { Command } from './command.js';

const file = 'VBoxManageGuestProp';

type Act = (machine: Machine, parsed: Parsed, output: Output) => number;

export const guestProperty: Command = (args, output) => {
  const [action = '', ...rest] = args;
  const act = actions[action];
  if (act === undefined)
    throw syntaxError('guestproperty', action === '' ? 'Incorrect parameters' : `Unknown subcommand '${action}'`);
  const parsed = parseArguments({ command: 'guestproperty', form: new RegExp(`guestproperty ${action} `) }, rest);
  const [vm] = parsed.positional;
  if (vm === undefined) throw syntaxError('guestproperty', 'Incorrect parameters');
  const machine = findMachine(vm, ['FindMachine(Bstr(a->argv[0]).raw(), machine.asOutParam())', 77, file]);
  const context: Context = ['LockMachine(a->session, LockType_Shared)', 80, file];
  return withSession(machine, { command: 'guestproperty', kind: 'shared', context }, () =>
    act(machine, parsed, output),
  );
};

const actions: Readonly<Record<string, Act>> = {
  get(machine, { positional, ...parsed }, { out }) {
    const found = properties(machine)[needName(positional)];
    if (found === undefined) out('No value set!\n');
    else {
      out(`Value: ${found.value}\n`);
      if (isGiven({ positional, ...parsed }, 'verbose')) out(`Timestamp: ${found.timestamp}\nFlags: ${found.flags}\n`);
    }
    return 0;
  },
  set(machine, parsed) {
    const [, name = '', value] = parsed.positional;
    needName(parsed.positional);
    set(machine, name, value, valueOf(parsed, 'flags') ?? '');
    return 0;
  },
  unset(machine, { positional }) {
    set(machine, needName(positional), undefined, '');
    return 0;
  },
  enumerate,
  wait,
};

function needName([, name]: readonly string[]): string {
  if (name === undefined) throw syntaxError('guestproperty', 'Incorrect parameters');
  return name;
}

function set(machine: Machine, name: string, value: string | undefined, flags: string): void {
  if (/TRANSIENT|TRANSRESET/.test(flags) && vmProcess(machine) === undefined) {
    throw comError(
      'Properties with TRANSIENT or TRANSRESET flag cannot be set or modified if VM is not running',
      'NS_ERROR_INVALID_ARG',
      'SessionMachine',
      ['SetGuestProperty(Bstr(pszName).raw(), Bstr(pszValue).raw(), Bstr(pszFlags).raw())', 154, file],
    );
  }
  const { guestProperties } = machine.hardware;
  // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- a plain record of names
  if (value === undefined || value === '') delete guestProperties[name];
  else guestProperties[name] = { value, timestamp: `${String(Date.now())}000000`, flags: flags.replace(/,\s*/g, ', ') };
  writeMachine(machine);
}

/** Those that were set, and those that a running machine brings along. */
function properties(machine: Machine): Readonly<Record<string, GuestProperty>> {
  const vm = vmProcess(machine);
  if (vm === undefined) return machine.hardware.guestProperties;
  const timestamp = `${String(Date.parse(vm.stateChanged))}000000`;
  const own = (value: string): GuestProperty => ({ value, timestamp, flags: 'TRANSIENT, RDONLYGUEST' });
  return {
    '/VirtualBox/HostGuest/SysprepArgs': own(''),
    '/VirtualBox/HostGuest/SysprepExec': own(''),
    '/VirtualBox/HostInfo/VBoxRev': own(revision),
    '/VirtualBox/HostInfo/VBoxVer': own(version.replace(/_.*/, '')),
    '/VirtualBox/HostInfo/VBoxVerExt': own(version),
    '/VirtualBox/VMInfo/ResetCounter': own('0'),
    '/VirtualBox/VMInfo/ResumeCounter': own('0'),
    ...machine.hardware.guestProperties,
  };
}

/** Patterns with `*` and `?`; any name when there is none. */
function matches(name: string, patterns: readonly string[]): boolean {
  const toPattern = (glob: string): RegExp =>
    new RegExp(
      `^${glob
        .replace(/[.+^${}()|[\]\\]/g, '\\$&')
        .replaceAll('*', '.*')
        .replaceAll('?', '.')}$`,
    );
  return (
    patterns.length === 0 || patterns.some((pattern) => pattern.split('|').some((glob) => toPattern(glob).test(name)))
  );
}

function enumerate(machine: Machine, parsed: Parsed, { out }: Output): number {
  const [, ...patterns] = parsed.positional;
  const found = Object.entries(properties(machine))
    .filter(([name]) => matches(name, patterns))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  if (found.length === 0) {
    out('No properties found.\n');
    return 0;
  }
  if (isGiven(parsed, 'old-format')) {
    for (const [name, { value, timestamp, flags }] of found) {
      out(`Name: ${name}, value: ${value}, timestamp: ${timestamp}, flags: ${flags}\n`);
    }
    return 0;
  }
  const nameWidth = Math.max(...found.map(([name]) => name.length));
  const valueWidth = Math.max(...found.map(([, { value }]) => value.length)) + 2;
  for (const [name, { value, timestamp, flags }] of found) {
    const time = isGiven(parsed, 'no-timestamp') ? '' : ` @ ${new Date(Number(timestamp) / 1e6).toISOString()}`;
    const marks = isGiven(parsed, 'no-flags') || flags === '' ? '' : ` ${flags}`;
    const quoted = `'${value}'`;
    out(`${name.padEnd(nameWidth)} = ${time + marks === '' ? quoted : quoted.padEnd(valueWidth)}${time}${marks}\n`);
  }
  return 0;
}

/** Nothing changes properties while it waits: there are no Guest Additions here. */
function wait(_machine: Machine, parsed: Parsed): number {
  needName(parsed.positional);
  const timeout = valueOf(parsed, 'timeout');
  sleep(timeout === undefined ? 2 ** 31 - 1 : numberValue('guestproperty', { name: 'timeout', value: timeout }));
  const { text } = toolError('Time out or interruption while waiting for a notification.');
  throw new Failure(text, isGiven(parsed, 'fail-on-timeout') ? 2 : 0);
}
