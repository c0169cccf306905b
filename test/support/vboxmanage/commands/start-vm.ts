import { Failure, comError, type Context, toolError } from '../failure.js';
import { strikes } from '../faults.js';
import { parseArguments, syntaxError, valueOf } from '../grammar.js';
import { findMachine } from '../machines.js';
import type { Machine } from '../model.js';
import { isLocked, lockedBy } from '../sessions.js';
import { launchVm } from '../vm/launch.js';
import type { Command } from './command.js';

const file = 'VBoxManageMisc';
const launchContext: Context = [
  'LaunchVMProcess(a->session, sessionType.raw(), ComSafeArrayAsInParam(aBstrEnv), progress.asOutParam())',
  920,
  file,
];

export const startVm: Command = async (args, { out }) => {
  const parsed = parseArguments({ command: 'startvm', unlisted: ['type='] }, args);
  if (parsed.positional.length === 0) throw syntaxError('startvm', 'at least one VM name or uuid required');
  const type = valueOf(parsed, 'type') ?? 'gui';
  for (const vm of parsed.positional) {
    const machine = findMachine(vm, ['FindMachine(Bstr(pszVM).raw(), machine.asOutParam())', 907, file]);
    if (!['gui', 'headless', 'sdl', 'separate'].includes(type)) {
      throw comError(`Invalid frontend name: '${type}'`, 'NS_ERROR_INVALID_ARG', 'Machine', launchContext);
    }
    if (isLocked(machine)) throw lockedBy(machine, launchContext);
    // The package of the windows is not installed here.
    if (type !== 'headless') {
      const text = `Could not launch the VM process for the machine '${machine.name}' (VERR_FILE_NOT_FOUND)`;
      throw comError(text, 'VBOX_E_IPRT_ERROR', 'Machine', launchContext);
    }
    out(`Waiting for VM "${vm}" to power on...\n`);
    if (strikes('start-fails', 'startvm')) throw endedAtOnce(machine);
    const refusal = processorTaken() ?? (await launchVm(machine));
    if (refusal !== undefined) throw notStarted(refusal);
    out(`VM "${vm}" has been successfully started.\n`);
  }
  return 0;
};

/** What the console says when another hypervisor has the processor; one reason a line. */
function processorTaken(): string | undefined {
  if (strikes('vtx-in-use', 'startvm'))
    return [
      'VT-x is being used by another hypervisor (VERR_VMX_IN_VMX_ROOT_MODE).',
      "VirtualBox can't operate in VMX root mode. Please disable the KVM kernel extension, recompile your kernel and reboot (VERR_VMX_IN_VMX_ROOT_MODE)",
    ].join('\n');
  return strikes('hyper-v', 'startvm')
    ? 'Call to NEMR0InitVMPart2 failed: VERR_NEM_INIT_FAILED (VERR_NEM_VM_CREATE_FAILED).'
    : undefined;
}

const details = (component: string): string =>
  `Details: code NS_ERROR_FAILURE (0x80004005), component ${component}Wrap, interface I${component}`;

const endedAtOnce = ({ name }: Machine): Failure =>
  new Failure(
    toolError(`The virtual machine '${name}' has terminated unexpectedly during startup with exit code 1 (0x1)`).text +
      toolError(details('Machine')).text,
  );

/** The console's own reasons, one a line. */
const notStarted = (reasons: string): Failure =>
  new Failure(
    reasons
      .split('\n')
      .map((line) => toolError(line).text)
      .join('') + toolError(details('Console')).text,
  );
