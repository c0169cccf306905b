import { changes } from '../cli/oclif-command.js';
import { quietFlag } from '../cli/swarm-flags.js';
import { copyText } from '../cli/render/copy-text.js';
import { usageError } from '../lib/errors.js';
import type { DeltaResult } from '../operations/files/copy-delta.js';
import type { CopyResult } from '../operations/files/copy-files.js';
import { parseLocation } from '../operations/files/file-location.js';

export default changes({
  summary: 'copy files to, from and between hosts',
  description:
    'Write each location as PATH, MACHINE:PATH or USER@MACHINE:PATH. The last one is the target. Relative paths ' +
    'on a host start at the home folder. Modes and times are kept, links inside folders stay links, and a file ' +
    'appears under its name only when it is complete. The host needs only sshd. See docs/copying-files.md.',
  usage: 'scp [-r] [-d] [-q] SOURCE... TARGET',
  examples: [
    '<%= config.bin %> scp notes.txt agent1:',
    '<%= config.bin %> scp -r agent1:/etc/docker ./docker-of-agent1',
    '<%= config.bin %> scp manager:/root/image.tar agent1:/root/',
    "<%= config.bin %> scp 'agent1:/var/log/*.log' logs/",
  ],
  args: { place: { description: 'the sources, then the target', many: true, required: true, names: 'places' } },
  flags: {
    recursive: { type: 'boolean', char: 'r', description: 'copy folders with everything in them' },
    delta: { type: 'boolean', char: 'd', description: 'copy only the differences with rsync, which both sides need' },
    quiet: quietFlag,
  },
  run: async ({ args, flags, io, operate, print }): Promise<CopyResult | DeltaResult> => {
    const places = args.place.map((text) => parseLocation(text, io.platform));
    const target = places.pop();
    if (target === undefined || places.length === 0)
      throw usageError('USAGE', 'scp needs a source and a target', 'for example: swarmup scp notes.txt agent1:');
    const request = { sources: places, target, recursive: flags.recursive, dryRun: flags['dry-run'] };
    const { copyFiles } = await import('../operations/files/copy-files.js');
    const { copyDelta } = await import('../operations/files/copy-delta.js');
    const result = await operate<CopyResult | DeltaResult>({ quiet: flags.quiet }, (context) =>
      flags.delta ? copyDelta(context, request) : copyFiles(context, request),
    );
    if (!flags.quiet) print(copyText(result));
    return result;
  },
});
