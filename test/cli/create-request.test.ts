import { describe, expect, it } from 'vitest';
import { createOptions, createRequest } from '../../src/cli/create-request.js';
import type { DriverDeclaration } from '../../src/drivers/driver.js';

const capabilities = { power: true, snapshots: false, injectsHostKey: true, stableAddresses: true };
const driver = (name: string): DriverDeclaration => ({
  apiVersion: 1,
  name,
  description: name,
  options: { subnet: { type: 'string', description: 'x' } },
  capabilities,
  preference: 1,
});
const drivers = [driver('docker'), driver('fake')];
const flags = {
  swarm: 'default',
  'no-swarm': false,
  'no-tls': false,
  'accept-new-host-key': false,
  fix: false,
  rollback: false,
  'dry-run': false,
};
const request = (given: object, env: Record<string, string> = {}, settings = {}) =>
  createRequest(['a'], { ...flags, ...given }, given as Record<string, unknown>, drivers, env, {
    path: '/etc/x.json',
    ...settings,
  });

describe('createRequest', () => {
  it('leaves the driver open when nothing names one', () => {
    expect(request({})).toEqual({
      groups: [
        { names: ['a'], managers: undefined, driver: undefined, driverOptions: {}, engine: { tls: true, tlsSans: [] } },
      ],
      swarm: { name: 'default', agent: undefined, advertiseAddr: undefined, addressPool: undefined },
      trust: { acceptNew: false },
    });
  });

  it('says how it is carried out', () => {
    expect(createOptions({ fix: true, rollback: true, 'dry-run': false })).toEqual({
      fix: true,
      rollback: true,
      dryRun: false,
    });
  });

  it.each([
    [{ driver: 'x', 'fake-subnet': 's' }, { SWARMUP_DRIVER: 'y' }, { driver: 'z' }, 'x', 'named by --driver'],
    [{ 'fake-subnet': 's' }, { SWARMUP_DRIVER: 'y' }, {}, 'fake', 'named by --fake-subnet'],
    [{}, { SWARMUP_DRIVER: 'y' }, { driver: 'z' }, 'y', 'named by SWARMUP_DRIVER'],
    [{}, { SWARMUP_DRIVER: '' }, { driver: 'z' }, 'z', 'named in /etc/x.json'],
  ])('%j, %j, %j: %s', (given, env, settings, name, source) => {
    expect(request(given, env, settings).groups).toMatchObject([{ driver: name, driverSource: source }]);
  });

  it('passes on the options that were given, by flag', () => {
    const { groups } = request({ 'docker-subnet': '10.0.0.0/8', 'fake-subnet': undefined });
    expect(groups.map(({ driverOptions }) => driverOptions)).toEqual([{ 'docker-subnet': '10.0.0.0/8' }]);
  });

  it('passes on --force to whatever driver it is, and takes it for no name of one', () => {
    const given = { force: true };
    const options = { force: { type: 'boolean', flag: 'force', description: 'x' } } as const;
    const made = createRequest(['a'], flags, given, [{ ...driver('aws'), options }], {}, { path: '/etc/x.json' });
    expect(made.groups).toMatchObject([{ driver: undefined, driverOptions: { force: true } }]);
  });

  it('turns the no-flags around', () => {
    expect(request({ 'no-swarm': true, 'no-tls': true })).toMatchObject({
      swarm: null,
      groups: [{ engine: { tls: false } }],
    });
  });
});
