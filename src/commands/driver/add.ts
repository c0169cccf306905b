import { resolve } from 'node:path';
import { Args } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.js';
import type { DriverPackagesResult } from '../../operations/drivers/driver-packages.js';

export default class DriverAdd extends BaseCommand {
  static override summary = 'install an npm package that brings drivers';
  static override description =
    'PACKAGE is what npm takes: a name, a folder or a tarball. See docs/writing-a-driver.md.';
  static override examples = [
    '<%= config.bin %> driver add swarmup-driver-example',
    '<%= config.bin %> driver add ./my-driver',
  ];
  static override args = { package: Args.string({ description: 'package', required: true }) };

  async run(): Promise<DriverPackagesResult> {
    const { args } = await this.parse(DriverAdd);
    const { addDriverPackage } = await import('../../operations/drivers/driver-packages.js');
    const spec = /^\.{0,2}\//.test(args.package) ? resolve(args.package) : args.package;
    const result = await this.operate({}, (context) => addDriverPackage(context, this.config.dataDir, spec));
    this.print(`installed: ${result.packages.join(', ')}\n`);
    return result;
  }
}
