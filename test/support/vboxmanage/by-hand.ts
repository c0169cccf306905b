import { join } from 'node:path';
import type { InstalledVBoxManage } from './install.js';

/** Of the machine that most tests have. */
export const vm = '11111111-1111-4111-8111-111111111111';

interface Answer {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Calls of the double as somebody types them, and a machine made by such calls. */
export interface ByHand {
  call(...args: readonly string[]): Promise<Answer>;
  /** stdout; fails when the call does. */
  ok(...args: readonly string[]): Promise<string>;
  create(name: string, uuid?: string): Promise<string>;
  /** A virtio-scsi controller with room for a disk and a disc. */
  addController(uuid?: string): Promise<string>;
  attach(port: 0 | 1, medium: string, uuid?: string): Promise<string>;
  /** Path of the disk of a machine. */
  disk(name: string): string;
  /** As `showvminfo` says it. */
  state(): Promise<string | undefined>;
}

/** `machines`: the folder in which machines are made. */
export function byHand(tool: Pick<InstalledVBoxManage, 'call'>, machines: string): ByHand {
  const call: ByHand['call'] = async (...args) => {
    const { exitCode, stdout, stderr } = await tool.call(args);
    return { code: exitCode, out: stdout.replace(/\n$/, ''), err: stderr.replace(/\n$/, '') };
  };
  const ok: ByHand['ok'] = async (...args) => {
    const { code, out, err } = await call(...args);
    if (code !== 0) throw new Error(`VBoxManage ${args.join(' ')} ended with ${String(code)}: ${err}`);
    return out;
  };
  return {
    call,
    ok,
    create: (name, uuid = vm) =>
      ok(
        ...['createvm', '--name', name, '--uuid', uuid, '--ostype', 'Debian_64'],
        ...['--basefolder', machines, '--register'],
      ),
    addController: (uuid = vm) =>
      ok('storagectl', uuid, '--name', 'disk', '--add', 'virtio', '--controller', 'VirtIO', '--portcount', '2'),
    attach: (port, medium, uuid = vm) =>
      ok(
        ...['storageattach', uuid, '--storagectl', 'disk', '--port', String(port), '--device', '0'],
        ...['--type', port === 0 ? 'hdd' : 'dvddrive', '--medium', medium],
      ),
    disk: (name) => join(machines, name, 'disk.vdi'),
    state: async () => /^VMState="(.*)"$/m.exec(await ok('showvminfo', vm, '--machinereadable'))?.[1],
  };
}
