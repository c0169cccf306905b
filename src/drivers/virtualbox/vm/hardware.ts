import type { ImageArch } from '../image/sources.js';
import type { VirtualBoxOptions } from '../options.js';

export type Platform = ImageArch;

/** `--platform-architecture` is unknown before 7.1, which brought ARM machines; without it a machine is x86. */
export const osType = (platform: Platform): readonly string[] =>
  platform === 'arm64' ? ['--platform-architecture', 'arm', '--ostype', 'Debian_arm64'] : ['--ostype', 'Debian_64'];

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
