import { Args, Flags } from '@oclif/core';
import { resolve } from 'node:path';
import { BaseCommand } from '../cli/base-command.js';
import { quietFlag } from '../cli/hosts-command.js';
import { readSealKey, sealFlags } from '../cli/seal-key.js';
import type { ExportResult } from '../operations/transfer/export-machines.js';

export default class Export extends BaseCommand {
  static override summary = 'write hosts with their keys into one encrypted file, for another computer';
  static override description = 'swarmup import FILE takes them over there. They stay on record here, too.';
  static override examples = ['<%= config.bin %> export manager agent1 --output lab.swarmup'];
  static override args = { name: Args.string({ description: 'hosts', multiple: true, required: true }) };
  static override flags = {
    output: Flags.string({ char: 'o', description: 'the file to write', required: true, helpValue: '<FILE>' }),
    ...sealFlags,
    quiet: quietFlag,
  };

  async run(): Promise<ExportResult> {
    const { args, flags } = await this.parse(Export);
    const output = resolve(flags.output);
    const { exportMachines } = await import('../operations/transfer/export-machines.js');
    const result = await this.operate({ quiet: flags.quiet }, async (context) => {
      const names = [...new Set(args.name)];
      for (const name of names) await context.store.require(name);
      const question = `Passphrase for ${flags.output}`;
      const key = await readSealKey(this.io, flags, { signal: context.signal, question, isNew: true });
      return exportMachines(context, { names, output, key });
    });
    this.print(`${result.file}: ${result.machines.join(', ')}\n`);
    return result;
  }
}
