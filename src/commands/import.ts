import { Flags } from '@oclif/core';
import { resolve } from 'node:path';
import { BaseCommand } from '../cli/base-command.js';
import { outcomeCode, quietFlag } from '../cli/hosts-command.js';
import { dockerMachineFolder } from '../cli/docker-machine-folder.js';
import { importTable } from '../cli/render/import-table.js';
import { dryRunFlag } from '../cli/swarm-flags.js';
import type { ImportMachinesResult } from '../operations/import-machines.js';

export default class Import extends BaseCommand {
  static override summary = 'adopt the machines of docker-machine';
  static override description =
    'Their keys and certificates are copied, the store and what ' +
    'runs on the machines stay as they are. See docs/from-docker-machine.md.';
  static override examples = [
    '<%= config.bin %> import --dry-run',
    '<%= config.bin %> import --from ~/.docker/machine',
  ];
  static override flags = {
    from: Flags.string({
      description: 'folder of the docker-machine store [default: ~/.docker/machine] [env: MACHINE_STORAGE_PATH]',
      helpValue: '<PATH>',
    }),
    'accept-new-host-key': Flags.boolean({ description: 'accept host keys that are not known, and pin them' }),
    'dry-run': dryRunFlag,
    quiet: quietFlag,
  };

  async run(): Promise<ImportMachinesResult> {
    const { flags } = await this.parse(Import);
    const { importMachines } = await import('../operations/import-machines.js');
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
}
