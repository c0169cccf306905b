import { SwarmupError } from '../../../lib/errors.js';
import { exitCodes, type ExitCode } from '../../../lib/exit-codes.js';
import { swarmup } from '../../../lib/typed-command.js';
import { isWholeList, parseVmInfo, stripWarning } from './parse.js';

export interface ToolOutput {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Whether a call failed: the exit status alone is not reliable (`discardstate` of a running machine ends with 0).
 * Output on stderr is not reliable either: progress and warnings go there.
 */
export function hasFailed({ exitCode, stderr }: ToolOutput): boolean {
  return exitCode !== 0 || /^VBoxManage(?:\.exe)?: error:/m.test(stderr);
}

/**
 * The verdict on an output. `cut`: the call ended well, but part of the output is missing. Lists of machines are judged
 * only by their exit status and their shape, because stderr contains the problems of all machines.
 */
export type Verdict = 'good' | 'cut' | 'failed';

export const verdictOf = (output: ToolOutput): Verdict => (hasFailed(output) ? 'failed' : 'good');

export function verdictOfList(topic: readonly string[], { exitCode, stdout }: ToolOutput): Verdict {
  if (exitCode !== 0) return 'failed';
  return isWholeList(topic, stripWarning(stdout).text) ? 'good' : 'cut';
}

export function verdictOfInfo(output: ToolOutput): Verdict {
  if (output.exitCode === 0 && parseVmInfo(output.stdout) === undefined) return 'cut';
  return verdictOf(output);
}

/**
 * Failures of two clients that met, or of a VBoxSVC that was just ending: the same call works a moment later. Not
 * among them is `object is not ready` of MachineWrap, which means that the machine's settings file is gone.
 */
const transient =
  /Failed to create the VirtualBox object!|already has a lock request pending|already locked for a session|unlocked unexpectedly|Failed to assign the machine to the session|NS_ERROR_ABORT|The object is not ready[\s\S]*component (?!MachineWrap)/;

export const isTransient = ({ stderr }: ToolOutput): boolean => transient.test(stderr);

interface KnownFailure {
  readonly pattern: RegExp;
  readonly code: string;
  readonly exitCode?: ExitCode;
  /** Instead of the tool's own words, where those say nothing to a user. */
  readonly message?: string;
  readonly hints?: readonly string[];
}

const preflight = exitCodes.preflight;
const vtxHints = [
  'another hypervisor uses the processor: end KVM or Hyper-V machines (Linux: sudo rmmod kvm_intel or kvm_amd; Windows: turn off Hyper-V and the hypervisor platform)',
  'or turn on VT-x or AMD-V in the firmware of this computer',
];

/** By codes and by the names of calls, which are never translated, where there are any. The first that matches counts. */
const known: readonly KnownFailure[] = [
  {
    pattern: /Failed to create the VirtualBox object!/,
    code: 'VBOXSVC_GONE',
    message: 'the VirtualBox service (VBoxSVC) does not answer',
    hints: ['run "VBoxManage list vms" and read its output; if a VBoxSVC process hangs, end it, then try again'],
  },
  {
    pattern: /VERR_NO_TRANSLATION/,
    code: 'LOCALE_MISSING',
    exitCode: preflight,
    message: 'VBoxManage cannot read a name or path with non-ASCII letters because a UTF-8 locale is missing',
    hints: ['check whether "locale -a" lists C.UTF-8 (macOS: en_US.UTF-8), and install it if it is missing'],
  },
  {
    pattern: /VBOX_E_OBJECT_NOT_FOUND[\s\S]*FindMachine|Could not find a registered machine/,
    code: 'VM_UNKNOWN',
  },
  { pattern: /is not currently running/, code: 'VM_NOT_RUNNING' },
  {
    pattern: /An unexpected process \(PID=|Invalid machine state: |is being powered down/,
    code: 'VM_BUSY',
    hints: ['VirtualBox is starting or stopping this machine: try again when this has ended'],
  },
  {
    pattern: /functionality is limited|object is not ready[\s\S]*component MachineWrap/,
    code: 'VM_INACCESSIBLE',
    message: "the virtual machine's settings file cannot be read",
  },
  {
    pattern: /already locked (?:for|by) a session|lock request pending|while it is locked/,
    code: 'VM_LOCKED',
    hints: ['another program is using this machine: close its windows in VirtualBox, then try again'],
  },
  {
    pattern: /failed to open \/dev\/vboxnetctl/,
    code: 'HOSTONLY_UNAVAILABLE',
    exitCode: preflight,
    message:
      'host-only networks cannot be made: the kernel module vboxnetadp is not loaded, or this user cannot use it',
    hints: ['sudo modprobe vboxnetadp', 'or reinstall the modules: sudo /sbin/vboxconfig (Debian: virtualbox-dkms)'],
  },
  {
    pattern: /E_ACCESSDENIED[\s\S]*EnableStaticIPConfig/,
    code: 'HOSTONLY_FORBIDDEN',
    exitCode: preflight,
    message: 'VirtualBox does not allow this range for host-only networks',
    hints: [
      'allow the range in /etc/vbox/networks.conf, or use a range in 192.168.56.0/21: --virtualbox-hostonly-cidr',
    ],
  },
  {
    pattern: /Nonexistent host networking interface/,
    code: 'HOSTONLY_MISSING',
    hints: [`the host-only network was removed: ${swarmup`start NAME`} makes it again`],
  },
  {
    pattern:
      /VERR_VMX_IN_VMX_ROOT_MODE|VERR_SVM_IN_USE|VERR_NEM_|VERR_VMX_NO_VMX|VERR_SVM_NO_SVM|VERR_VMX_MSR|VERR_SVM_DISABLED/,
    code: 'VTX_UNAVAILABLE',
    exitCode: preflight,
    hints: vtxHints,
  },
  {
    pattern: /VERR_SUP_DRIVERLESS|VERR_VM_DRIVER_NOT_INSTALLED|VERR_SUPLIB|VERR_SUPDRV|vboxdrv/,
    code: 'KERNEL_MODULE_MISSING',
    exitCode: preflight,
    message: 'the kernel module of VirtualBox (vboxdrv) is not loaded',
    hints: [
      'sudo modprobe vboxdrv',
      'or build the module: sudo /sbin/vboxconfig (Debian: apt install virtualbox-dkms)',
    ],
  },
  {
    // Recorded of 7.2.22 without the package of the windows (`startvm --type gui`).
    pattern: /Could not launch the VM process for the machine '.*' \(VERR_FILE_NOT_FOUND\)/,
    code: 'UI_MISSING',
    exitCode: preflight,
    message: 'the graphical interface of VirtualBox is not installed',
    hints: [
      'install the graphical interface (Debian: sudo apt install virtualbox-qt)',
      'or run the machine without it: --virtualbox-ui-type headless',
    ],
  },
  {
    // Source: cerner/cerner_splunk#263, on macOS 13; another range was the remedy.
    pattern: /vmnet_start_interface returned 1001/,
    code: 'HOSTONLY_FORBIDDEN',
    exitCode: preflight,
    message: 'macOS does not accept the range of the host-only network',
    hints: ['use another range that is free on this computer: --virtualbox-hostonly-cidr 192.168.58.1/24'],
  },
  {
    pattern: /VERR_NO_MEMORY|VERR_OUT_OF_RESOURCES|E_OUTOFMEMORY|not enough (?:free )?memory/i,
    code: 'MEMORY_SHORT',
    exitCode: preflight,
    hints: ['give the hosts less memory: --virtualbox-memory MIB', `or stop other hosts: ${swarmup`stop NAME`}`],
  },
  {
    pattern: /VERR_DISK_FULL|No space left on device/,
    code: 'DISK_FULL',
    exitCode: preflight,
    hints: ['free some space, or put the machines in another folder: --virtualbox-folder PATH'],
  },
  {
    pattern: /contains unsupported incompatible features|Could not get the storage format of the medium/,
    code: 'IMAGE_UNSUPPORTED',
    exitCode: preflight,
    hints: ['VirtualBox reads qcow2 without zstd, VDI, VMDK and VHD; qemu-img converts other formats'],
  },
  { pattern: /Invalid RAM size|Invalid virtual CPU count/, code: 'OPTION_INVALID', exitCode: exitCodes.usage },
];

/**
 * The meaning of a failed call for a user. `what`: the call, for example `VBoxManage startvm`. VBOX_FAILED if the cause
 * is not known.
 */
export function failureOf(what: string, output: ToolOutput): SwarmupError {
  const unknown: Omit<KnownFailure, 'pattern'> = { code: 'VBOX_FAILED' };
  const { code, exitCode, message, hints } = known.find(({ pattern }) => pattern.test(output.stderr)) ?? unknown;
  const said = errorLines(output)[0] ?? `the command ended with exit status ${String(output.exitCode)}`;
  const text = `${what}: ${said.replace(/\.$/, '')}`;
  return new SwarmupError(code, message === undefined ? text : `${message} (${text})`, {
    ...(exitCode !== undefined && { exitCode }),
    ...(hints !== undefined && { hints }),
    retryable: isTransient(output),
    cause: new Error(errorLines(output).join('\n')),
  });
}

/** An answer that ended well, and in the middle. */
export function cutAnswer(what: string, output: ToolOutput): SwarmupError {
  if (hasFailed(output)) return failureOf(what, output);
  return new SwarmupError('VBOX_ANSWER_CUT', `${what}: the output is incomplete`, {
    retryable: true,
    hints: [`run the command in a terminal to see its output: ${what}`],
  });
}

/** Without the usage text that follows a syntax error, and without the tool's name. */
function errorLines({ stderr, stdout }: ToolOutput): readonly string[] {
  const lines = [...stderr.matchAll(/^VBoxManage(?:\.exe)?: error: (.*)$/gm)].map(([, text = '']) => text.trim());
  return lines.length > 0 ? lines : `${stderr}\n${stdout}`.split('\n').filter((line) => line.trim() !== '');
}
