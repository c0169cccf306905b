import { Args } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.js';
import type { DriverPackagesResult } from '../../operations/drivers/driver-packages.js';

export default class DriverRm extends BaseCommand {
  static override summary = 'remove a package that driver add installed';
  static override examples = ['<%= config.bin %> driver rm swarmup-driver-example'];
  static override args = { package: Args.string({ description: 'package', required: true }) };

  async run(): Promise<DriverPackagesResult> {
    const { args } = await this.parse(DriverRm);
    const { removeDriverPackage } = await import('../../operations/drivers/driver-packages.js');
    const result = await this.operate({}, (context) => removeDriverPackage(context, this.config.dataDir, args.package));
    this.print(`installed: ${result.packages.join(', ') || 'none'}\n`);
    return result;
  }
}
