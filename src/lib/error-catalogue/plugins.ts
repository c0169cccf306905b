import { command, type ErrorArea } from './error-entry.js';

export const pluginsErrors = {
  GENERIC: {
    exits: [0],
    meaning: 'The driver generic is ready.',
    remedy: 'Nothing needs to be done.',
    example: 'hosts are reached over SSH',
  },
  GOB_INVALID: {
    exits: [1],
    meaning: 'The plugin sent data that swarmup cannot read.',
    remedy: 'Install a plugin for docker-machine 0.16.',
    values: { why: 'a value does not begin with zero' },
  },
  PLUGIN_BROKEN: {
    exits: [1],
    meaning: 'The program is not a working driver plugin of docker-machine for this system.',
    remedy: 'Install the plugin again for this system.',
    values: { binary: 'docker-machine-driver-acme', why: 'it says "hello" instead of its address', last: '' },
  },
  PLUGIN_ERROR: {
    exits: [1],
    meaning: 'The plugin refused a request or failed.',
    remedy: 'Read what the plugin says in the message.',
    example: 'docker-machine-driver-acme: 401 Unauthorized',
  },
  PLUGIN_FOUND: {
    exits: [0],
    meaning: 'A plugin of docker-machine was found.',
    remedy: 'Nothing needs to be done.',
    example: 'plugin docker-machine-driver-acme',
  },
  PLUGIN_LOST: {
    exits: [1],
    meaning: 'The connection to the plugin ended.',
    remedy: 'Run the same command again.',
    values: { what: 'the driver plugin acme', why: '' },
  },
  PLUGIN_RECORD_LOST: {
    exits: [1],
    meaning: 'The data that the plugin stored about the host no longer exists.',
    remedy: `Remove the record of the host with ${command`rm --force agent1`}, and check in your cloud account whether the host still exists.`,
  },
  PLUGIN_VERSION: {
    exits: [1],
    meaning: 'The plugin uses another version of the plugin interface.',
    remedy: 'Install a plugin for docker-machine 0.16.',
    values: { binary: 'docker-machine-driver-acme', told: '2' },
  },
} satisfies ErrorArea;
