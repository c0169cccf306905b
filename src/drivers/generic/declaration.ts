import type { DriverDeclaration } from '../driver.js';

/** Hosts that exist already and are reached by ssh. The names are docker-machine's, its environment variables too. */
export const genericDeclaration = {
  apiVersion: 1,
  name: 'generic',
  description: 'hosts that exist already, reached over SSH',
  options: {
    'ip-address': {
      type: 'string',
      perHost: true,
      env: 'GENERIC_IP_ADDRESS',
      description: 'address of the host or its name in ~/.ssh/config; short form: NAME=[USER@]ADDRESS[:PORT]',
    },
    'ssh-user': {
      type: 'string',
      perHost: true,
      env: 'GENERIC_SSH_USER',
      description: 'user to log in as; default: the user in ~/.ssh/config, else root',
    },
    'ssh-key': {
      type: 'string',
      perHost: true,
      env: 'GENERIC_SSH_KEY',
      description: 'private key file; default: the keys of ssh-agent and ~/.ssh/config, else the keys in ~/.ssh',
    },
    'ssh-port': {
      type: 'integer',
      perHost: true,
      min: 1,
      max: 65_535,
      env: 'GENERIC_SSH_PORT',
      description: 'SSH port; default: the port in ~/.ssh/config, else 22',
    },
    'engine-port': {
      type: 'integer',
      min: 1,
      max: 65_535,
      default: 2376,
      env: 'GENERIC_ENGINE_PORT',
      description: 'TLS port of the engine',
    },
  },
  capabilities: { power: false, snapshots: false, injectsHostKey: false, stableAddresses: true },
  addressOptions: { host: 'ip-address', user: 'ssh-user', port: 'ssh-port' },
  preference: 0,
} as const satisfies DriverDeclaration;
