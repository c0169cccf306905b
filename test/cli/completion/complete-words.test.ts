import { describe, expect, it } from 'vitest';
import type { CommandManifest, ManifestCommand } from '../../../src/cli/completion/command-manifest.js';
import { withDriverCommands } from '../../../src/cli/completion/driver-commands.js';
import type { DriverDeclaration } from '../../../src/drivers/driver.js';
import { asksForDrivers, completeWords, type NameSources } from '../../../src/cli/completion/complete-words.js';

const option = (name: string, more = {}) => ({ [name]: { name, type: 'option' as const, ...more } });
const toggle = (name: string, more = {}) => ({ [name]: { name, type: 'boolean' as const, ...more } });
const hosts = { name: { name: 'name', multiple: true } };
const command = (
  flags: ManifestCommand['flags'] = {},
  args: ManifestCommand['args'] = {},
  names: ManifestCommand['names'] = {},
): ManifestCommand => ({ flags, args, names });
const manifest: CommandManifest = {
  commands: {
    create: command(
      {
        ...option('driver', { char: 'd' }),
        ...option('swarm'),
        ...option('tls-san', { multiple: true }),
        ...toggle('agent', { allowNo: true }),
        ...toggle('secret', { hidden: true }),
      },
      hosts,
      { name: 'hosts', '--driver': 'drivers', '--swarm': 'swarms' },
    ),
    env: command(option('shell', { options: ['bash', 'fish'] }), { name: { name: 'name' } }, { name: 'hosts' }),
    scp: command(toggle('delta', { char: 'd' }), { place: { name: 'place', multiple: true } }, { place: 'places' }),
    'service:ps': command(
      option('swarm'),
      { service: { name: 'service', multiple: true } },
      { service: 'services', '--swarm': 'swarms' },
    ),
    'service:create': command(
      { ...option('network', { multiple: true }), ...option('secret', { multiple: true }), ...option('config') },
      {},
      { '--network': 'networks', '--secret': 'secrets', '--config': 'configs' },
    ),
    completion: command({}, { shell: { name: 'shell', multiple: true } }, { shell: 'shells' }),
    'service:scale': command({}, { count: { name: 'count', multiple: true } }, { count: 'counts' }),
    'replicas:set': command(),
    'config:set': command({}, { setting: { name: 'setting' }, value: { name: 'value' } }, { setting: 'settings' }),
    'replicas:ls': command(option('swarm'), {}, { '--swarm': 'swarms' }),
    init: command({}, { template: { name: 'template' } }, { template: 'templates' }),
    internal: { ...command(), hidden: true },
  },
};
const none = async (): Promise<readonly string[]> => [];
const names: NameSources = {
  ...{ images: none, nodes: none, orphans: none, packages: none, pools: none, snapshots: none, stacks: none },
  networks: async ({ swarm = 'default' }) => [`${swarm}-net`],
  secrets: async () => ['token'],
  configs: async () => ['nginx'],
  services: async ({ swarm = 'default' }) => [`${swarm}-web`, 'api'],
  hosts: async () => ['boss', 'agent1', 'agent2'],
  swarms: async () => ['default', 'blue'],
  drivers: async () => ['docker', 'generic'],
  templates: async () => ['classic', 'default'],
};
const complete = async (line: string): Promise<readonly string[]> =>
  (await completeWords(manifest, line.split(' '), names)).map(({ value }) => value);

describe('completeWords', () => {
  it.each<[string, readonly string[]]>([
    ['', ['create', 'env', 'scp', 'service', 'completion', 'replicas', 'config', 'init']],
    ['service ps ', ['default-web', 'api']],
    ['service ps --swarm blue api b', ['blue-web']],
    ['service ps --swarm=blue b', ['blue-web']],
    ['service scale a', ['api=']],
    ['service create --network ', ['default-net']],
    ['service create --swarm blue --network=', ['--network=blue-net']],
    ['service create --network a --secret ', ['token']],
    ['service create --config n', ['nginx']],
    ['completion ', ['bash', 'zsh', 'fish', 'powershell']],
    ['completion bash ', []],
    ['re', ['replicas']],
    ['nosuch ', []],
    ['replicas ', ['set', 'ls']],
    ['replicas l', ['ls']],
    ['replicas ls --swarm b', ['blue']],
    ['help re', ['replicas']],
    ['help replicas s', ['set']],
    ['create ', ['boss', 'agent1', 'agent2']],
    ['create boss a', ['agent1', 'agent2']],
    ['create --', ['--driver', '--swarm', '--tls-san', '--agent', '--no-agent']],
    ['create --driver docker --tls-san x --', ['--swarm', '--tls-san', '--agent', '--no-agent']],
    ['create --driver ', ['docker', 'generic']],
    ['create -d g', ['generic']],
    ['create --driver=d', ['--driver=docker']],
    ['create --driver=', ['--driver=docker', '--driver=generic']],
    ['create --tls-san ', []],
    ['create -- ', []],
    ['env --shell ', ['bash', 'fish']],
    ['env b', ['boss']],
    ['env --shell fish b', ['boss']],
    ['env boss ', []],
    ['scp -d b', ['boss:']],
    ['init c', ['classic']],
    ['config set d', ['driver', 'default-addr-pool']],
    ['config set driver g', ['generic']],
    ['config set engine-version ', []],
    ['scp file a', ['agent1:', 'agent2:']],
  ])('%j: %j', async (line, expected) => {
    expect(await complete(line)).toEqual(expected);
  });

  it('tells when drivers are asked for, for which plugins are loaded', () => {
    expect(asksForDrivers(manifest, ['create', '--driver', ''])).toBe(true);
    expect(asksForDrivers(manifest, ['create', '--driver'])).toBe(false);
  });

  it('and when a command may be a driver of a plugin has it', () => {
    expect(asksForDrivers(manifest, ['acme', ''])).toBe(true);
    expect(asksForDrivers(manifest, ['ac'])).toBe(true);
    expect(asksForDrivers(manifest, ['help', 'ac'])).toBe(true);
    expect(asksForDrivers(manifest, ['cr'])).toBe(false);
    expect(asksForDrivers(manifest, [''])).toBe(false);
  });

  it.each<[string, readonly string[]]>([
    ['ac', ['acme']],
    ['acme ', ['sweep']],
    ['acme sweep --', ['--json', '--debug', '--delete', '--in', '--acme-hall', '--acme-fast', '--no-acme-fast']],
    ['acme sweep --acme-hall=', ['--acme-hall=east', '--acme-hall=west']],
    ['acme sweep --in ', ['attic', 'cellar']],
    ['acme sweep ', ['boss', 'agent1', 'agent2']],
    ['create boss a', ['agent1', 'agent2']],
  ])('of the commands of a driver, %j: %j', async (line, expected) => {
    const all = withDriverCommands(manifest, [acme]);
    expect((await completeWords(all, line.split(' '), names)).map(({ value }) => value)).toEqual(expected);
  });
});

const acme: DriverDeclaration = {
  apiVersion: 1,
  name: 'acme',
  description: '',
  options: {
    hall: { type: 'string', choices: ['east', 'west'], description: '' },
    fast: { type: 'boolean', description: '' },
    zone: { type: 'string', description: '' },
  },
  capabilities: { power: true, snapshots: false, injectsHostKey: true, stableAddresses: true },
  preference: 0,
  commands: {
    about: '',
    list: [
      {
        name: 'sweep',
        summary: '',
        words: { name: 'name', description: '', many: true },
        flags: {
          delete: { type: 'boolean', description: '' },
          in: { type: 'string', choices: ['attic', 'cellar'], description: '' },
        },
        options: ['hall', 'fast'],
      },
    ],
  },
};
