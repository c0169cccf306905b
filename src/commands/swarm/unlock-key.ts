import { swarmup } from '../../lib/typed-command.js';
import { quietFlag, swarmFlag } from '../../cli/swarm-flags.js';
import { changes } from '../../cli/oclif-command.js';
import { unlockKeyText } from '../../cli/render/swarm-changes.js';

export default changes({
  summary: 'print or replace the unlock key of a swarm',
  description: 'After a rotation, swarmup keeps the old key as well until every manager has the new one.',
  examples: [swarmup`swarm unlock-key`, swarmup`swarm unlock-key --rotate`],
  flags: {
    swarm: swarmFlag,
    rotate: { type: 'boolean', description: 'make a new key and print it' },
    quiet: quietFlag,
  },
  run: async ({ flags, operate }) => {
    const { rotateUnlockKey, showUnlockKey } = await import('../../operations/members/unlock-key.js');
    const { swarm, rotate, 'dry-run': dryRun } = flags;
    return operate({ quiet: flags.quiet }, (context) =>
      rotate ? rotateUnlockKey(context, { swarm, dryRun }) : showUnlockKey(context, swarm),
    );
  },
  render: unlockKeyText,
});
