import { swarmup } from '../../lib/typed-command.js';
import { changesAtOnce } from '../../cli/oclif-command.js';

export default changesAtOnce({
  because: 'a package on this computer',
  summary: 'remove a package that driver add installed',
  examples: [swarmup`driver rm swarmup-driver-example`],
  args: { package: { description: 'package', required: true, names: 'packages' } },
  run: async ({ args, operate, dataDir }) => {
    const { removeDriverPackage } = await import('../../operations/drivers/driver-packages.js');
    return operate({}, (context) => removeDriverPackage(context, dataDir, args.package));
  },
  render: (result) => `installed: ${result.packages.join(', ') || 'none'}\n`,
});
