import { swarmup } from '../../lib/typed-command.js';
import { lists } from '../../cli/oclif-command.js';
import { driverListing } from '../../cli/render/driver-table.js';

export default lists({
  listing: driverListing,
  rows: 'drivers',
  summary: 'list the drivers and whether they can make hosts on this computer',
  examples: [swarmup`driver ls`, swarmup`driver ls --json`],
  run: async ({ operate }) => {
    const { listDrivers } = await import('../../operations/drivers/list-drivers.js');
    return operate({ quiet: true }, (context) => listDrivers(context, { timeoutMs: 20_000 }));
  },
});
