import { swarmup } from '../../lib/typed-command.js';
import { changes } from '../../cli/oclif-command.js';
import { settingsTable } from '../../cli/render/swarm-changes.js';
import { swarmFlag } from '../../cli/swarm-flags.js';

export default changes({
  summary: 'change the settings of a swarm',
  examples: [swarmup`swarm update --heartbeat 2`, swarmup`swarm update --task-history 2 --cert-expiry 30`],
  flags: {
    swarm: swarmFlag,
    'task-history': {
      type: 'integer',
      description: 'number of ended tasks to keep for each replica',
      min: 0,
      max: 1000,
    },
    heartbeat: {
      type: 'integer',
      description: 'seconds between heartbeats of nodes; a lost node is noticed after about three heartbeats',
      min: 1,
      max: 600,
    },
    'cert-expiry': { type: 'integer', description: 'validity of node certificates, in days', min: 1, max: 3650 },
    'snapshot-interval': { type: 'integer', description: 'number of Raft log entries between two snapshots', min: 1 },
  },
  run: async ({ flags, operate }) => {
    const { updateSwarmSettings } = await import('../../operations/members/update-swarm.js');
    const settings = {
      taskHistory: flags['task-history'],
      heartbeatSeconds: flags.heartbeat,
      certExpiryDays: flags['cert-expiry'],
      snapshotInterval: flags['snapshot-interval'],
    };
    const request = { swarm: flags.swarm, settings, dryRun: flags['dry-run'] };
    return operate({ quiet: true }, (context) => updateSwarmSettings(context, request));
  },
  render: settingsTable,
});
