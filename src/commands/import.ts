import { Args, Flags } from '@oclif/core';
import { resolve } from 'node:path';
import { BaseCommand } from '../cli/base-command.js';
import { dockerMachineFolder } from '../cli/docker-machine-folder.js';
import { outcomeCode, quietFlag } from '../cli/hosts-command.js';
import { importTable } from '../cli/render/import-table.js';
import { outcomeLines } from '../cli/render/outcome-lines.js';
import { readSealKey, sealFlags } from '../cli/seal-key.js';
import { dryRunFlag } from '../cli/swarm-flags.js';
import type { OperationContext } from '../operations/access/context.js';
import type { ImportMachinesResult } from '../operations/transfer/import-machines.js';
import type { HostsResult } from '../operations/access/results.js';

export default class Import extends BaseCommand {
  static override summary = 'adopt the machines of docker-machine, or those of a file that export wrote';
  static override description =
    'Without FILE: the machines of a docker-machine store. Their keys and certificates are copied, the store and what ' +
    'runs on the machines stay as they are. See docs/from-docker-machine.md.';
  static override examples = [
    '<%= config.bin %> import --dry-run',
    '<%= config.bin %> import --from ~/.docker/machine',
    '<%= config.bin %> import lab.swarmup',
  ];
  static override args = { file: Args.string({ description: 'file of swarmup export' }) };
  static override flags = {
    from: Flags.string({
      description: 'folder of the docker-machine store [default: ~/.docker/machine] [env: MACHINE_STORAGE_PATH]',
      helpValue: '<PATH>',
    }),
    'accept-new-host-key': Flags.boolean({ description: 'accept host keys that are not known, and pin them' }),
    'dry-run': dryRunFlag,
    ...sealFlags,
    quiet: quietFlag,
  };

  async run(): Promise<ImportMachinesResult | HostsResult> {
    const { args, flags } = await this.parse(Import);
    const { file } = args;
    if (file !== undefined) return this.operate({ quiet: flags.quiet }, (context) => this.ofFile(context, file, flags));
    const { importMachines } = await import('../operations/transfer/import-machines.js');
    const request = {
      from: resolve(flags.from ?? dockerMachineFolder(this.io)),
      dryRun: flags['dry-run'],
      trust: { acceptNew: flags['accept-new-host-key'] },
    };
    const result = await this.operate({ quiet: flags.quiet }, (context) => importMachines(context, request));
    if (!request.dryRun) this.exitWith(outcomeCode(result.machines));
    this.print(importTable(result.machines));
    return result;
  }

  /** Whether it is such a file is told before a passphrase is asked for. */
  private async ofFile(
    context: OperationContext,
    path: string,
    flags: Parameters<typeof readSealKey>[1] & { readonly 'dry-run': boolean },
  ): Promise<HostsResult> {
    const { checkBundleFile, importBundle } = await import('../operations/transfer/import-bundle.js');
    const file = resolve(path);
    await checkBundleFile(file);
    const question = `Passphrase for ${path}`;
    const key = await readSealKey(this.io, flags, { signal: context.signal, question, isNew: false });
    const result = await importBundle(context, { file, key, dryRun: flags['dry-run'] });
    this.exitWith(outcomeCode(result.hosts));
    this.print(outcomeLines(this.io, result.hosts));
    return result;
  }
}
