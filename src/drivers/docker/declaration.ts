import type { DriverDeclaration } from '../driver.js';

/** Hosts as containers of a Docker Engine on this machine: systemd, sshd and an engine of their own in each. */
export const dockerDeclaration = {
  apiVersion: 1,
  name: 'docker',
  description: 'containers of the local Docker Engine that run systemd, sshd and a Docker Engine of their own',
  options: {
    host: {
      type: 'string',
      description: 'engine that runs the hosts; default: DOCKER_HOST, the current docker context, the local socket',
    },
    network: {
      type: 'string',
      default: 'swarmup',
      description: 'network of the hosts, made when missing; also the prefix of their container names',
    },
    subnet: { type: 'string', description: 'subnet of that network; default: the first free one of a short list' },
    'image-variant': {
      type: 'string',
      choices: ['engine', 'bare'],
      default: 'engine',
      description: 'engine: Docker is in the image; bare: it is installed over SSH like on any host',
    },
    cpus: { type: 'integer', min: 1, description: 'CPUs a host may use; default: all' },
    memory: { type: 'integer', min: 256, description: 'memory a host may use, in MiB; default: all' },
    publish: {
      type: 'boolean',
      description:
        'reach the hosts by ports on 127.0.0.1; default: only where their addresses are not (Docker Desktop)',
    },
  },
  capabilities: { power: true, snapshots: true, injectsHostKey: true, stableAddresses: true, sharedDisk: true },
  placeOption: 'network',
  preference: 50,
} as const satisfies DriverDeclaration;
