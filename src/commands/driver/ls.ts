import { BaseCommand } from '../../cli/base-command.js';
import { driverTable } from '../../cli/render/driver-table.js';
import type { DriverListResult } from '../../operations/drivers/list-drivers.js';

export default class DriverLs extends BaseCommand {
  static override summary = 'list the drivers, and whether they can make hosts here';
  static override examples = ['<%= config.bin %> driver ls', '<%= config.bin %> driver ls --json'];

  async run(): Promise<DriverListResult> {
    await this.parse(DriverLs);
    const { listDrivers } = await import('../../operations/drivers/list-drivers.js');
    const result = await this.operate({ quiet: true }, (context) => listDrivers(context, { timeoutMs: 20_000 }));
    this.print(driverTable(result.drivers));
    return result;
  }
}
