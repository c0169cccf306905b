import { command, type ErrorArea } from './error-entry.js';

export const recoveryErrors = {
  BACKUP_DAMAGED: {
    exits: [1],
    meaning: 'A backup of a swarm is damaged or incomplete.',
    remedy: 'Use another backup, and make a new one.',
    example: 'backup.sealed is damaged: its part raft has changed since it was written',
  },
  BACKUP_NEWER: {
    exits: [1],
    meaning: 'A newer version of swarmup wrote the backup.',
    remedy: 'Upgrade swarmup.',
    values: { path: 'swarm.backup', found: '2' },
  },
  NO_SURVIVOR: {
    exits: [6],
    meaning: 'No manager of the swarm has the state of the swarm any longer.',
    remedy: `Start the managers that are off, or restore a backup with ${command`swarm restore swarm.backup`}.`,
    example: 'no manager of swarm default has the state of the swarm any longer (m1 is gone; m2 is gone)',
  },
  STATE_COPY_BROKEN: {
    exits: [1],
    meaning: 'The copy of the state of the swarm is incomplete or cannot be used.',
    remedy: 'Run the same command again.',
    values: { name: 'manager' },
  },
} satisfies ErrorArea;
