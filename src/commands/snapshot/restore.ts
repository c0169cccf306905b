import { swarmup } from '../../lib/typed-command.js';
import { hostOutcomes, quorumForce } from '../../cli/hosts-command.js';
import { destroys } from '../../cli/oclif-command.js';
import { destroySnapshot, snapshotWords } from '../../cli/snapshot-command.js';

export default destroys({
  summary: 'reset hosts to a snapshot; all later changes are lost',
  examples: [swarmup`snapshot restore before-upgrade manager agent1`, swarmup`snapshot restore before-upgrade`],
  args: snapshotWords.args,
  flags: { ...snapshotWords.flags, force: quorumForce },
  run: (call) =>
    destroySnapshot(call, 'Reset these hosts to the snapshot? All later changes are lost.', {
      act: async (context, request) => {
        const { restoreSnapshots } = await import('../../operations/hosts/snapshots.js');
        return restoreSnapshots(context, request);
      },
      actOnLab: async (context, request) => {
        const { restoreLab } = await import('../../operations/lab/snapshot-lab.js');
        return restoreLab(context, request);
      },
    }),
  ...hostOutcomes,
});
