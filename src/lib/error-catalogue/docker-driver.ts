import type { ErrorArea } from './error-entry.js';

export const dockerDriverErrors = {
  BASE_IMAGE_UNAVAILABLE: {
    exits: [3],
    meaning: 'The image for hosts can be neither built nor pulled.',
    remedy: 'Install mmdebstrap, or make sure that a registry can be reached.',
  },
  BOOTSTRAP_FAILED: {
    exits: [1],
    meaning: 'The root file system of the host image could not be made.',
    remedy: 'Read the last lines in the hints; usually a package source cannot be reached.',
  },
  CONTAINER_NAME_TAKEN: {
    exits: [3],
    meaning: 'A container with this name exists, but it is not this host.',
    remedy: 'Choose another host name, or another network.',
  },
  DISK_FULL: {
    exits: [3],
    meaning: 'The disk that stores the hosts is full.',
    remedy: 'Free some space, then run the same command again.',
    example: 'only 0.8 GiB are free in /var/lib/docker',
  },
  DISK_LOW: {
    exits: [0],
    meaning: 'The disk may become full while the hosts are created.',
    remedy: 'Free some space.',
    example: '4.2 GiB are free in /var/lib/docker',
  },
  DOCKER_CONTEXT_UNREADABLE: {
    exits: [3],
    meaning: 'The current docker context cannot be read or does not name an engine.',
    remedy: 'Use another context, or use `--docker-host`.',
  },
  DOCKER_ENDPOINT_UNSUPPORTED: {
    exits: [3],
    meaning: 'The driver docker cannot use an engine on this type of endpoint.',
    remedy: 'Name a unix:// or plain tcp:// endpoint with `--docker-host`.',
  },
  DOCKER_FOUND: {
    exits: [0],
    meaning: 'The driver docker has found an engine.',
    remedy: 'Nothing needs to be done.',
    example: 'Docker Engine 28.2 answers on unix:///var/run/docker.sock',
  },
  DOCKER_NOT_LINUX: {
    exits: [3],
    meaning: 'The Docker Engine runs containers that are not Linux containers.',
    remedy: 'Switch Docker Desktop to Linux containers.',
  },
  DOCKER_ROOTLESS: {
    exits: [3],
    meaning: 'The Docker Engine is rootless, but hosts need an engine that runs as root.',
    remedy: 'Use the engine of the system: `--docker-host` unix:///var/run/docker.sock.',
  },
  DOCKER_UNREACHABLE: {
    exits: [3],
    meaning: 'No Docker Engine on this computer answers.',
    remedy: 'Start Docker Engine, or name another engine with `--docker-host`.',
  },
  INOTIFY_LOW: {
    exits: [0],
    meaning: 'The kernel allows too few inotify instances for this number of hosts.',
    remedy: 'Raise the limit with the sysctl command of the hint.',
  },
  NETWORK_UNSUITABLE: {
    exits: [2],
    meaning: 'The docker network exists, but the addresses of hosts in it can change.',
    remedy: 'Choose another network with `--docker-network`.',
  },
  NODE_IMAGE_FAILED: {
    exits: [1],
    meaning: 'The image of the hosts could not be built.',
    remedy: 'Read the last lines of the build in the hints.',
  },
  SUBNET_FULL: {
    exits: [3],
    meaning: 'No address is free in the docker network of the hosts.',
    remedy: 'Use another network with a larger subnet.',
  },
  SUBNET_INVALID: {
    exits: [2],
    meaning: '`--docker-subnet` is not an IPv4 network with room for hosts.',
    remedy: 'Write a subnet, for example 172.30.0.0/24.',
  },
  SUBNET_MISMATCH: {
    exits: [2],
    meaning: 'The docker network exists, but its subnet differs from the one that you asked for.',
    remedy: 'Choose another network, or leave out `--docker-subnet`.',
  },
  SUBNET_NONE_FREE: {
    exits: [3],
    meaning: 'All subnets that swarmup can choose are in use.',
    remedy: 'Name a free subnet with `--docker-subnet`.',
  },
  SUBNET_OVERLAP: {
    exits: [3],
    meaning: 'The subnet overlaps a network that is in use on this computer.',
    remedy: 'Choose another subnet, or leave out `--docker-subnet`.',
  },
} satisfies ErrorArea;
