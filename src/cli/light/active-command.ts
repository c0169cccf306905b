import { swarmup } from '../../lib/typed-command.js';
import { activeHost } from '../../operations/hosts/host-queries.js';
import { quick } from '../define-command.js';
import { timeoutFlag } from './timeout-flag.js';

export const activeCommand = quick.shows({
  summary: 'print the host that DOCKER_HOST points to',
  examples: [swarmup`active`],
  // docker-machine asked all hosts here, and scripts say how long they may take.
  flags: {
    timeout: {
      ...timeoutFlag,
      default: 10,
      description: 'accepted for compatibility with docker-machine; it has no effect',
    },
  },
  asksDrivers: () => false,
  run: ({ operate }) => operate({ quiet: true }, activeHost),
  render: ({ name }) => `${name}\n`,
});
