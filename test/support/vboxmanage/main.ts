/* The double's entry: VBoxManage COMMAND ARGUMENTS… */
import type { Command } from './commands/command.js';
import { cloneMedium, convertFromRaw, internalCommands } from './commands/clone-medium.js';
import { cloneVm } from './commands/clone-vm.js';
import { adoptState, controlVm, discardState } from './commands/control-vm.js';
import { createVm, registerVm } from './commands/create-vm.js';
import { dhcpServer } from './commands/dhcp-server.js';
import { getExtraData, setExtraData } from './commands/extra-data.js';
import { guestProperty } from './commands/guest-property.js';
import { hostOnlyIf } from './commands/host-only.js';
import { list } from './commands/list.js';
import { closeMedium, createMedium, mediumProperty, modifyMedium, showMediumInfo } from './commands/medium.js';
import { modifyVm } from './commands/modify-vm.js';
import { natNetwork } from './commands/nat-network.js';
import { sharedFolder } from './commands/shared-folder.js';
import { showVmInfo } from './commands/show-vm-info.js';
import { snapshot } from './commands/snapshot.js';
import { startVm } from './commands/start-vm.js';
import { storageAttach, storageCtl } from './commands/storage.js';
import { unregisterVm } from './commands/unregister-vm.js';
import { Failure, toolError } from './failure.js';
import { driverWarning, serviceGone, strikes } from './faults.js';
import { sleep } from './home.js';
import { needArguments } from './locale.js';
import { type Output, processOutput } from './output.js';
import { joinService } from './service.js';
import { header, recordedText, revision, usageForms, usageOf, version } from './texts.js';

const commands: Readonly<Record<string, Command>> = {
  adoptstate: adoptState,
  clonemedium: cloneMedium,
  clonevm: cloneVm,
  closemedium: closeMedium,
  controlvm: controlVm,
  convertfromraw: convertFromRaw,
  createmedium: createMedium,
  createvm: createVm,
  dhcpserver: dhcpServer,
  discardstate: discardState,
  getextradata: getExtraData,
  guestproperty: guestProperty,
  help,
  hostonlyif: hostOnlyIf,
  internalcommands: internalCommands,
  list,
  mediumproperty: mediumProperty,
  modifymedium: modifyMedium,
  modifyvm: modifyVm,
  natnetwork: natNetwork,
  registervm: registerVm,
  setextradata: setExtraData,
  sharedfolder: sharedFolder,
  showmediuminfo: showMediumInfo,
  showvminfo: showVmInfo,
  snapshot,
  startvm: startVm,
  storageattach: storageAttach,
  storagectl: storageCtl,
  unregistervm: unregisterVm,
};

/** Ends with status 1 although it prints what was asked for. */
function help([command]: readonly string[], { out }: Output): number {
  if (command === undefined) out(recordedText('usage'));
  else if (usageForms(command).length > 0) out(header + usageOf(command));
  else throw toolError(`Invalid command '${command}'`, 2);
  return 1;
}

async function main(args: readonly string[], output: Output): Promise<number> {
  needArguments(args);
  const [first, ...rest] = args.filter((arg, index) => !(index === 0 && ['-q', '--nologo'].includes(arg)));
  if (strikes('no-vboxdrv', first ?? '')) output.out(driverWarning);
  if (first === undefined) {
    output.out(recordedText('usage'));
    return 0;
  }
  if (['--version', '-V', '-v'].includes(first)) {
    output.out(`${version}r${revision}\n`);
    return 0;
  }
  const command = commands[first];
  if (command === undefined) {
    const { text } = toolError(`Invalid command '${first}'`);
    throw new Failure(`${header}${text}\n${recordedText('usage').slice(header.length)}\n${text}`, 2);
  }
  const leaveService = joinService();
  if (strikes('stall', first)) sleep(10_000);
  if (strikes('svc-gone', first)) throw serviceGone();
  try {
    return await command(rest, output);
  } finally {
    leaveService();
  }
}

/** When the call is over: played in a thread, there is no end of a process to wait for (call-threads.ts). */
export const over = main(process.argv.slice(2), processOutput).then(
  (status) => {
    process.exitCode = status;
  },
  (error: unknown) => {
    if (!(error instanceof Failure)) throw error;
    processOutput.err(error.text);
    process.exitCode = error.exitCode;
  },
);
