import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Failure, toolError } from './failure.js';
import { userHome } from './home.js';

/**
 * Failures that a test asks for: `faults.json` in the folder of settings, an array of these. Each replays what the real
 * tool was recorded to do.
 */
export interface Fault {
  readonly kind: FaultKind;
  /** The command that it strikes; any when absent. */
  readonly command?: string;
  /** So many times; 1 when absent. */
  times?: number;
}

/**
 * svc-gone: the service does not come up, nothing was done. stall: ten seconds pass first. lock-pending: the session of
 * the machine is being taken by another. truncated: showvminfo ends in the middle, with status 0. no-vboxdrv: the
 * wrapper's warning stands before every output, and no machine starts. no-vboxnetctl: no host-only interfaces are made.
 * disk-full: no medium is written. start-fails: the process of a machine ends at once. vtx-in-use: KVM has the processor.
 * hyper-v: Windows' own hypervisor has it. These two were not recorded here; their texts are what users reported.
 */
type FaultKind =
  | 'svc-gone'
  | 'stall'
  | 'lock-pending'
  | 'truncated'
  | 'no-vboxdrv'
  | 'no-vboxnetctl'
  | 'disk-full'
  | 'start-fails'
  | 'vtx-in-use'
  | 'hyper-v';

const faultFile = (): string => join(userHome(), 'faults.json');

/** Whether a fault strikes this call; one that does is used up by it. */
export function strikes(kind: FaultKind, command: string): boolean {
  const file = faultFile();
  if (!existsSync(file)) return false;
  const faults = JSON.parse(readFileSync(file, 'utf8')) as Fault[];
  const fault = faults.find((one) => one.kind === kind && (one.command ?? command) === command && one.times !== 0);
  if (fault === undefined) return false;
  fault.times = (fault.times ?? 1) - 1;
  writeFileSync(file, JSON.stringify(faults));
  return true;
}

export const serviceGone = (): Failure =>
  new Failure(
    [
      'Failed to create the VirtualBox object!',
      'Code NS_ERROR_FAILURE (0x80004005) - Operation failed (extended info not available)',
      'Most likely, the VirtualBox COM server is not running or failed to start.',
    ]
      .map((line) => toolError(line).text)
      .join(''),
  );

/** What the wrapper script of Debian prints on stdout when the kernel module is not loaded. */
export const driverWarning = `WARNING: The character device /dev/vboxdrv does not exist.
	 Please install the virtualbox-dkms package and the appropriate
	 headers, most likely linux-headers-generic.

	 You will not be able to start VMs until this problem is fixed.
`;
