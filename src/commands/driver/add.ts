import { swarmup } from '../../lib/typed-command.js';
import { changesAtOnce } from '../../cli/oclif-command.js';
import { resolve } from 'node:path';

export default changesAtOnce({
  because: 'a package on this computer',
  summary: 'install an npm package that brings drivers',
  description: 'PACKAGE is anything that npm can install: a name, a folder or a tarball. See docs/writing-a-driver.md.',
  examples: [swarmup`driver add swarmup-driver-example`, swarmup`driver add ./my-driver`],
  args: { package: { description: 'package', required: true } },
  run: async ({ args, operate, dataDir }) => {
    const { addDriverPackage } = await import('../../operations/drivers/driver-packages.js');
    const spec = /^\.{0,2}\//.test(args.package) ? resolve(args.package) : args.package;
    return operate({}, (context) => addDriverPackage(context, dataDir, spec));
  },
  render: (result) => `installed: ${result.packages.join(', ')}\n`,
});
