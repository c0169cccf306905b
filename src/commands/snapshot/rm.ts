import { swarmup } from '../../lib/typed-command.js';
import { hostOutcomes } from '../../cli/hosts-command.js';
import { destroys } from '../../cli/oclif-command.js';
import { destroySnapshot, snapshotWords } from '../../cli/snapshot-command.js';

export default destroys({
  summary: 'remove a snapshot of hosts; the hosts do not change',
  examples: [swarmup`snapshot rm before-upgrade manager agent1`, swarmup`snapshot rm before-upgrade`],
  ...snapshotWords,
  run: (call) =>
    destroySnapshot(call, 'Remove the snapshot?', {
      act: async (context, request) => {
        const { removeSnapshots } = await import('../../operations/hosts/snapshots.js');
        return removeSnapshots(context, request);
      },
      actOnLab: async (context, { name, dryRun, ...lab }) => {
        const { removeSnapshots } = await import('../../operations/hosts/snapshots.js');
        const { membersOf } = await import('../../operations/lab/lab-members.js');
        return removeSnapshots(context, { name, dryRun, hosts: (await membersOf(context, lab)).names });
      },
    }),
  ...hostOutcomes,
});
