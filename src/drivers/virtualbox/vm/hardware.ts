import type { ImageArch } from '../image/sources.js';
import type { VirtualBoxOptions } from '../options.js';
import type { Computer } from '../tool/find-tool.js';

export type Platform = ImageArch;

export const platformOf = ({ arch }: Pick<Computer, 'arch'>): Platform => (arch === 'arm64' ? 'arm64' : 'amd64');

/** `--platform-architecture` is unknown before 7.1, which brought ARM machines; without it a machine is x86. */
export const osType = (platform: Platform): readonly string[] =>
  platform === 'arm64' ? ['--platform-architecture', 'arm', '--ostype', 'Debian_arm64'] : ['--ostype', 'Debian_64'];

/**
 * A serial port that writes to a file (fixtures `t02`, `u02`): cloud images log to it and boot slowly without one, and
 * its output is the only information if logins fail. The port has the standard address of a PC.
 */
export const serialPort = (platform: Platform, file: string): readonly string[] =>
  platform === 'arm64' ? [] : ['--uart1', '0x3F8', '4', '--uartmode1', 'file', file];

/** Options of `modifyvm`, in their old spellings: every release takes them. */
export function hardware(
  { cpus, memoryMiB }: Pick<VirtualBoxOptions, 'cpus' | 'memoryMiB'>,
  platform: Platform,
): readonly string[] {
  const board =
    platform === 'arm64'
      ? ['--chipset', 'armv8virtual', '--firmware', 'efi64', '--graphicscontroller', 'qemuramfb']
      : ['--vram', '16', '--graphicscontroller', 'vmsvga', '--firmware', 'bios', '--ioapic', 'on'];
  const boot = ['--boot1', 'disk', '--boot2', 'none', '--boot3', 'none', '--boot4', 'none'];
  return ['--cpus', String(cpus), '--memory', String(memoryMiB), '--rtcuseutc', 'on', ...board, ...boot];
}
