import { BaseCommand } from '../../cli/base-command.js';
import { flagsOfList } from '../../cli/list-flags.js';
import { driverListing } from '../../cli/render/driver-table.js';
import type { DriverListResult } from '../../operations/drivers/list-drivers.js';

export default class DriverLs extends BaseCommand {
  static override summary = 'list the drivers, and whether they can make hosts here';
  static override examples = ['<%= config.bin %> driver ls', '<%= config.bin %> driver ls --json'];
  static override flags = flagsOfList(driverListing);

  async run(): Promise<DriverListResult> {
    const { flags } = await this.parse(DriverLs);
    const view = this.view(driverListing, flags);
    const { listDrivers } = await import('../../operations/drivers/list-drivers.js');
    const result = await this.operate({ quiet: true }, (context) => listDrivers(context, { timeoutMs: 20_000 }));
    return this.showList(view, result, 'drivers');
  }
}
