import { swarmup } from '../lib/typed-command.js';
import { changes } from '../cli/oclif-command.js';
import { parseLocation } from '../operations/files/file-location.js';

export default changes({
  summary: 'mount a folder of a host into a local folder with sshfs',
  examples: [swarmup`mount agent1:/srv ./srv`, swarmup`mount --unmount agent1:/srv ./srv`],
  args: {
    place: {
      description: '[USER@]MACHINE:PATH; without a machine, the host default is used',
      required: true,
      names: 'places',
    },
    mountpoint: { description: 'local folder [default: the same path]' },
  },
  flags: {
    unmount: { type: 'boolean', char: 'u', description: 'unmount the folder' },
  },
  run: async ({ args, flags, io, operate }) => {
    const location = parseLocation(args.place, io.platform);
    const request = { location, mountPoint: args.mountpoint, dryRun: flags['dry-run'] };
    const { mountFiles, unmountFiles } = await import('../operations/files/mount-files.js');
    const act = flags.unmount ? unmountFiles : mountFiles;
    return operate({ quiet: true }, (context) => act(context, request));
  },
  render: (result) => `${result.mountPoint}: ${result.status}\n`,
});
