import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { comError, comText, type Context } from '../failure.js';
import { isGiven, parseArguments, syntaxError, valueOf } from '../grammar.js';
import { readRegistry } from '../home.js';
import { findMachine, logFolder } from '../machines.js';
import type { Machine } from '../model.js';
import type { Output } from '../output.js';
import { withSession } from '../sessions.js';
import type { Command } from './command.js';
import { machineReadable } from './show-vm-lines.js';
import { showText } from './show-vm-text.js';

const file = 'VBoxManageInfo';
const lockContext: Context = ['LockMachine(a->session, LockType_Shared)', 3328, file];

/** Not the harmless look that it seems to be: it takes the session of a machine that is off. */
export const showVmInfo: Command = (args, output) => {
  const parsed = parseArguments({ command: 'showvminfo' }, args);
  const [vm, more] = parsed.positional;
  if (vm === undefined) throw syntaxError('showvminfo', 'VM name or UUID required');
  if (more !== undefined) throw syntaxError('showvminfo', `Invalid parameter '${more}'`);
  const machine = findMachine(vm, ['FindMachine(Bstr(VMNameOrUuid).raw(), machine.asOutParam())', 3248, file]);
  const log = valueOf(parsed, 'log');
  if (log !== undefined) return showLog(machine, log, output);
  return withSession(machine, { command: 'showvminfo', kind: 'shared', context: lockContext }, (spoiled) => {
    const text = isGiven(parsed, 'machinereadable')
      ? `${machineReadable(machine, readRegistry().media).join('\n')}\n`
      : showText(machine);
    if (spoiled()) return cutOff(text, output);
    output.out(text);
    return 0;
  });
};

/** Another call took the session away in the middle: the first part stands on stdout, and the status is 0. */
function cutOff(text: string, { out, err }: Output): number {
  out(text.slice(0, text.indexOf('tracing-config=')));
  err(
    comText('The object is not ready', 'E_ACCESSDENIED', 'SessionMachine', [
      'GetTracingConfig(bstr.asOutParam())',
      1558,
      file,
    ]),
  );
  return 0;
}

function showLog(machine: Machine, index: string, { out }: Output): number {
  const path = join(logFolder(machine), index === '0' ? 'VBox.log' : `VBox.log.${index}`);
  if (!existsSync(path)) {
    throw comError(`Could not open log file '${path}' (VERR_FILE_NOT_FOUND)`, 'VBOX_E_IPRT_ERROR', 'Machine', [
      'ReadLog(uLogIdx, (LONG64)uOffset, _1M, ComSafeArrayAsOutParam(aLogData))',
      3290,
      file,
    ]);
  }
  out(readFileSync(path, 'utf8'));
  return 0;
}
