import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { comError, Failure, toolError } from '../failure.js';
import { isGiven, parseArguments, syntaxError, valueOf } from '../grammar.js';
import { changeRegistry, readMachine, writeMachine } from '../home.js';
import { defaultHardware, findOsType, type OsType } from '../machine-defaults.js';
import { fileName, uuidPattern } from '../machines.js';
import type { Machine } from '../model.js';
import { header } from '../texts.js';
import type { Command } from './command.js';

export const defaultMachineFolder = (): string => join(process.env['HOME'] ?? homedir(), 'VirtualBox VMs');

/** `<base>/<group>/<name>/<name>.vbox`. */
export function settingsPath(base: string, group: string, name: string): string {
  const file = fileName(name);
  return join(base, group, file, `${file}.vbox`);
}

const aliases = { 'os-type': 'ostype' };

export const createVm: Command = (args, { out }) => {
  const parsed = parseArguments({ command: 'createvm', aliases }, args);
  const [positional] = parsed.positional;
  if (positional !== undefined) throw syntaxError('createvm', `Invalid parameter '${positional}'`);
  const name = valueOf(parsed, 'name');
  if (name === undefined || name === '') throw syntaxError('createvm', 'Parameter --name is required');
  const machine = describe(name, {
    uuid: valueOf(parsed, 'uuid'),
    osType: valueOf(parsed, 'ostype'),
    architecture: valueOf(parsed, 'platform-architecture'),
    base: valueOf(parsed, 'basefolder') ?? defaultMachineFolder(),
    groups: valueOf(parsed, 'groups') ?? '/',
  });
  if (existsSync(machine.settingsFile)) throw settingsExist(machine.settingsFile);
  writeMachine(machine);
  if (isGiven(parsed, 'register')) register(machine, 450);
  out(
    `Virtual machine '${name}' is created${isGiven(parsed, 'register') ? ' and registered' : ''}.\n` +
      `UUID: ${machine.uuid}\nSettings file: '${machine.settingsFile}'\n`,
  );
  return 0;
};

interface Request {
  readonly uuid: string | undefined;
  readonly osType: string | undefined;
  readonly architecture: string | undefined;
  readonly base: string;
  readonly groups: string;
}

function describe(name: string, request: Request): Machine {
  const { uuid, osType: osTypeName = 'Other', base, groups } = request;
  const osType = findOsType(osTypeName);
  const given = uuidPattern.exec(uuid ?? '')?.[1]?.toLowerCase();
  if (uuid !== undefined && given === undefined) throw new Failure(`${header}${toolError('').text}`, 2);
  return {
    uuid: given ?? randomUUID(),
    name,
    settingsFile: settingsPath(base, groups.split(',')[0] ?? '/', name),
    groups,
    platform: platformOf(request.architecture, osType),
    osType: osType?.id ?? osTypeName,
    description: '',
    state: 'poweroff',
    stateChanged: new Date().toISOString(),
    hardware: defaultHardware(osType),
    extraData: {},
    snapshots: [],
  };
}

/** Without one it is derived from the guest system, which then has to be a known one. */
function platformOf(architecture: string | undefined, osType: OsType | undefined): Machine['platform'] {
  if (architecture === 'x86' || architecture === 'arm') return architecture;
  if (architecture !== undefined)
    throw syntaxError('createvm', `Invalid --platform-architecture parameter: ${architecture}`);
  if (osType === undefined) throw syntaxError('createvm', 'Parameter --platform-architecture is required');
  return osType.arm ? 'arm' : 'x86';
}

const settingsExist = (file: string): Error =>
  comError(`Machine settings file '${file}' already exists`, 'VBOX_E_FILE_ERROR', 'Machine', [
    'CreateMachine(bstrSettingsFile.raw(), bstrName.raw(), platformArch, ComSafeArrayAsInParam(groups), bstrOsTypeId.raw(), createFlags.raw(), bstrCipher.raw(), bstrPasswordId.raw(), Bstr(strPassword).raw(), machine.asOutParam())',
    429,
    'VBoxManageMisc',
  ]);

/** Two machines of one UUID cannot be; two of one name can. The settings file stays where it is in any case. */
export function register(machine: Machine, line: number): void {
  changeRegistry((registry) => {
    const same = registry.machines.find(({ uuid }) => uuid === machine.uuid);
    if (same !== undefined) {
      throw comError(
        `Registered machine with UUID {${machine.uuid}} ('${same.settingsFile}') already exists`,
        'NS_ERROR_INVALID_ARG',
        'VirtualBox',
        ['RegisterMachine(machine)', line, 'VBoxManageMisc'],
      );
    }
    registry.machines.push({ uuid: machine.uuid, settingsFile: machine.settingsFile });
  });
}

export const registerVm: Command = (args) => {
  const { positional } = parseArguments({ command: 'registervm' }, args);
  const [file, more] = positional;
  if (file === undefined || more !== undefined) throw syntaxError('registervm', 'Incorrect number of parameters');
  const machine = readMachine(file);
  if (machine === undefined) {
    throw comError(
      `Runtime error opening '${file}' for reading: -102 (File not found.).`,
      'NS_ERROR_FAILURE',
      'Machine',
      ['OpenMachine(Bstr(a->argv[0]).raw(), Bstr(strPassword).raw(), machine.asOutParam())', 96, 'VBoxManageMisc'],
    );
  }
  const { disks = [], ...rest } = machine;
  const found = { ...rest, settingsFile: resolve(file) };
  register(found, 105);
  writeMachine(found);
  changeRegistry(({ media }) => {
    media.push(...disks.filter(({ uuid }) => media.every((known) => known.uuid !== uuid)));
  });
  return 0;
};
