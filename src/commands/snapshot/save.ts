import { swarmup } from '../../lib/typed-command.js';
import { hostOutcomes } from '../../cli/hosts-command.js';
import { changes } from '../../cli/oclif-command.js';
import { snapshotWords, workOnSnapshot } from '../../cli/snapshot-command.js';

export default changes({
  summary: 'take a snapshot of hosts, with the memory of running hosts',
  examples: [swarmup`snapshot save before-upgrade manager agent1`, swarmup`snapshot save before-upgrade`],
  ...snapshotWords,
  run: async (call) => {
    const work = await workOnSnapshot(call, {
      act: async (context, request) => {
        const { saveSnapshots } = await import('../../operations/hosts/snapshots.js');
        return saveSnapshots(context, request);
      },
      actOnLab: async (context, request) => {
        const { saveLab } = await import('../../operations/lab/snapshot-lab.js');
        return saveLab(context, request);
      },
    });
    return work(call.flags['dry-run']);
  },
  ...hostOutcomes,
});
