import { command, type ErrorArea } from './error-entry.js';

export const recoveryErrors = {
  BACKUP_DAMAGED: {
    exits: [1],
    meaning: 'A backup of a swarm is damaged or incomplete.',
    remedy: 'Use another backup, and take a new one.',
    example: 'backup.sealed is damaged: its part raft is not what was written',
  },
  BACKUP_NEWER: {
    exits: [1],
    meaning: 'A backup was written by a newer version of swarmup.',
    remedy: 'Upgrade swarmup.',
    values: { path: 'swarm.backup', found: '2' },
  },
  NO_SURVIVOR: {
    exits: [6],
    meaning: 'No manager of the swarm has its state any more.',
    remedy: `Start the managers that are off, or restore a backup with ${command`swarm restore swarm.backup`}.`,
    example: 'no manager of swarm default has its state any more (m1 is gone; m2 is gone)',
  },
  STATE_COPY_BROKEN: {
    exits: [1],
    meaning: "The copy of the swarm's state did not arrive whole or cannot be used.",
    remedy: 'Run the same command again.',
    values: { name: 'manager' },
  },
} satisfies ErrorArea;
