import { swarmup } from '../../lib/typed-command.js';
import { changesAtOnce } from '../../cli/oclif-command.js';
import { resolve } from 'node:path';

export default changesAtOnce({
  because: 'a package on this computer',
  summary: 'install an npm package that brings drivers',
  description:
    'PACKAGE is anything that npm can install: a name, a folder or a tarball. Its code runs with all your rights in ' +
    'every later command, so install only what you trust. Install scripts run only with --scripts. See ' +
    'docs/writing-a-driver.md.',
  examples: [swarmup`driver add swarmup-driver-example`, swarmup`driver add ./my-driver`],
  args: { package: { description: 'package', required: true } },
  flags: {
    scripts: { type: 'boolean', description: 'run the install scripts of the package and of what it needs' },
  },
  run: async ({ args, flags, operate, dataDir, io }) => {
    const { addDriverPackage } = await import('../../operations/drivers/driver-packages.js');
    const spec = /^\.{0,2}\//.test(args.package) ? resolve(args.package) : args.package;
    io.say(`Commands of swarmup will run the code of ${spec}, with all your rights.\n`);
    return operate({}, (context) => addDriverPackage(context, dataDir, spec, flags));
  },
  render: (result) => `installed: ${result.packages.join(', ')}\n`,
});
