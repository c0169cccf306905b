import type { BackupManifest } from '../../src/swarm/backup-file.js';

/** What a backup tells of itself, without what packing adds. */
export const backupManifest: Omit<BackupManifest, 'parts' | 'version'> = {
  createdAt: '2026-11-24T22:00:00.000Z',
  swarmupVersion: '0.1.0',
  engineVersion: '20.10.24',
  swarm: 'default',
  clusterId: 'c1',
  node: { name: 'm1', id: 'n1', address: '10.0.0.2' },
  autolock: false,
  addressPools: ['10.0.0.0/8'],
  subnetSize: 24,
  dataPathPort: 4789,
  raft: { term: 2, index: 40, commit: 40 },
  nodes: [{ id: 'n1', name: 'm1', role: 'manager', address: '10.0.0.2' }],
  services: [{ service: 'web', running: 2, wanted: 2 }],
  counts: { secrets: 1, configs: 0, networks: 1 },
  hosts: [{ name: 'm1', role: 'manager', driver: 'docker' }],
};
