import type { DriverDeclaration } from '../driver.js';

/** Hosts as containers of a Docker Engine on this machine: systemd, sshd and an engine of their own in each. */
export const dockerDeclaration = {
  apiVersion: 1,
  name: 'docker',
  description: 'containers on the local Docker Engine; each runs systemd, sshd and its own Docker Engine',
  options: {
    host: {
      type: 'string',
      description:
        'engine that runs the hosts; default: DOCKER_HOST, else the current docker context, else the local socket',
      differing: { consequence: 'hosts on different engines reach each other only if something routes between them' },
    },
    'plain-tcp': {
      type: 'boolean',
      description:
        'allow an engine on tcp:// of another computer without TLS: all who see the traffic can read the keys of the hosts',
      dependsOn: ['host'],
    },
    network: {
      type: 'string',
      description:
        "network of the hosts, made if it does not exist; also the prefix of the container names; default: the swarm's own",
      differing: { consequence: 'hosts in different Docker networks cannot reach each other', refused: true },
    },
    subnet: {
      type: 'string',
      description: 'subnet of the network; default: the first free subnet of a short list',
      dependsOn: ['network', 'host'],
    },
    'image-variant': {
      type: 'string',
      choices: ['engine', 'bare'],
      default: 'engine',
      description: 'type of image; engine: Docker is in the image; bare: Docker is installed over SSH as on any host',
    },
    cpus: { type: 'integer', min: 1, description: 'number of CPUs that a host may use; default: all' },
    memory: { type: 'integer', min: 256, description: 'memory that a host may use, in MiB; default: all' },
    publish: {
      type: 'boolean',
      description:
        'reach the hosts over ports of 127.0.0.1; default: only if their addresses are not reachable (Docker Desktop)',
    },
  },
  capabilities: {
    power: true,
    snapshots: true,
    injectsHostKey: true,
    stableAddresses: true,
    choosesAddresses: true,
    sharedDisk: true,
  },
  placeOption: 'network',
  preference: 50,
} as const satisfies DriverDeclaration;
