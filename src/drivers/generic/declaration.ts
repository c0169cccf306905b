import type { DriverDeclaration } from '../driver.js';

/** Hosts that exist already and are reached by ssh. The names are docker-machine's, its environment variables too. */
export const genericDeclaration = {
  apiVersion: 1,
  name: 'generic',
  description: 'hosts that you already have, reached by ssh',
  options: {
    'ip-address': {
      type: 'string',
      env: 'GENERIC_IP_ADDRESS',
      description: 'address of the host, or its name in ~/.ssh/config; shorter: NAME=[USER@]ADDRESS[:PORT]',
    },
    'ssh-user': {
      type: 'string',
      env: 'GENERIC_SSH_USER',
      description: 'user to log in as; default: as in ~/.ssh/config, else root',
    },
    'ssh-key': {
      type: 'string',
      env: 'GENERIC_SSH_KEY',
      description: 'private key file; default: the ssh-agent and the keys of ~/.ssh/config, else those of ~/.ssh',
    },
    'ssh-port': {
      type: 'integer',
      min: 1,
      max: 65_535,
      env: 'GENERIC_SSH_PORT',
      description: 'port of ssh; default: as in ~/.ssh/config, else 22',
    },
    'engine-port': {
      type: 'integer',
      min: 1,
      max: 65_535,
      default: 2376,
      env: 'GENERIC_ENGINE_PORT',
      description: 'port on which the engine is served on TLS',
    },
  },
  capabilities: { power: false, snapshots: false, injectsHostKey: false, stableAddresses: true },
  addressOptions: { host: 'ip-address', user: 'ssh-user', port: 'ssh-port' },
  preference: 0,
} as const satisfies DriverDeclaration;
