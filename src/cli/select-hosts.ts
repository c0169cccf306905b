import { Flags } from '@oclif/core';
import type { Role } from '../machine/machine-record.js';
import type { HostSelection } from '../operations/lab/lab-members.js';
import { nearestManifest } from './find-manifest.js';
import { LabCommand } from './lab-command.js';
import { listArg } from './list-arg.js';

/** Arguments and flags of commands that do something on hosts of a lab. */
export const selectionArgs = {
  name: listArg('hosts [default: those of the lab]'),
};
export const selectionFlags = {
  file: Flags.string({
    description: 'the manifest [default: swarmup.yaml here or in a folder above]',
    helpValue: '<FILE>',
  }),
  pool: Flags.string({ description: 'only hosts of this pool', helpValue: '<NAME>' }),
  role: Flags.string({ description: 'only hosts of this role', options: ['manager', 'worker'] }),
};

interface SelectionFlags {
  readonly file?: string | undefined;
  readonly pool?: string | undefined;
  readonly role?: string | undefined;
}

export abstract class SelectionCommand extends LabCommand {
  protected async selection(names: readonly string[], flags: SelectionFlags): Promise<HostSelection> {
    const isThere = (flags.file ?? nearestManifest(this.io.cwd)) !== undefined;
    const lab = names.length === 0 && isThere ? await this.labRequest({ file: flags.file }) : undefined;
    return { lab, names, pool: flags.pool, role: flags.role as Role | undefined };
  }

  /** Lines of several hosts, each with its host's name before it. */
  protected prefixed(names: readonly string[]): (host: string, line: string) => void {
    const width = Math.max(0, ...names.map((name) => name.length));
    return (host, line) => {
      if (!this.jsonEnabled()) this.io.print(`${host.padEnd(width)} | ${line}\n`);
    };
  }
}
