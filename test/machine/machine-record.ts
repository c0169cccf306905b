import type { MachineRecord } from '../../src/machine/machine-record.js';

/** A record as `create` begins with it; `changes` on top. */
export function machineRecord(name: string, changes: Partial<MachineRecord> = {}): MachineRecord {
  return {
    schemaVersion: 1,
    id: `id-of-${name}`,
    name,
    driver: 'fake',
    swarm: null,
    role: null,
    phase: 'creating',
    options: {},
    engineSettings: { tlsSans: [], tls: true },
    driverState: undefined,
    endpoint: null,
    engine: null,
    advertiseAddr: null,
    nodeId: null,
    createdAt: '2026-11-21T10:00:00.000Z',
    ...changes,
  };
}
