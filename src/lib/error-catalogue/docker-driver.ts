import { command, type ErrorArea } from './error-entry.js';

export const dockerDriverErrors = {
  BASE_IMAGE_UNAVAILABLE: {
    exits: [3],
    meaning: 'The image for hosts can be neither built nor pulled.',
    remedy: 'Install mmdebstrap, or make sure that a registry can be reached.',
    values: {
      reason: ['neither mmdebstrap nor debootstrap is installed', 'no route to host'],
      registryImage: 'debian:bookworm-slim',
    },
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
    values: { container: 'swarmup-agent1' },
  },
  CPUS_TOO_MANY: {
    exits: [3],
    meaning: 'A host may not use more CPUs than the computer of the engine has.',
    remedy: 'Use a smaller number with `--docker-cpus`, or leave out the option.',
    values: { cpus: '4', NCPU: '2' },
  },
  DISK_FULL: {
    exits: [3],
    meaning: 'The disk that stores the hosts is full.',
    remedy: 'Free some space, then run the same command again.',
    example: '12 new hosts need about 3 GiB, and 0.8 GiB are free in /var/lib/docker',
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
    values: {
      name: 'desktop-linux',
      file: '/home/me/.docker/contexts/meta/fe9c6bd7a66301f49ca9b6a70b217107cd1284598bfc254700c989b916da791e/meta.json',
    },
  },
  DOCKER_ENDPOINT_PLAIN: {
    exits: [3],
    meaning: 'The engine that is to run the hosts is on another computer, and its port has no TLS.',
    remedy: 'Forward its socket over SSH, or accept it with `--docker-plain-tcp`.',
    values: { endpoint: 'tcp://10.0.0.5:2375' },
  },
  DOCKER_ENDPOINT_UNSUPPORTED: {
    exits: [3],
    meaning: 'The driver docker cannot use an engine on this type of endpoint.',
    remedy: 'Name a unix:// endpoint, or tcp:// of this computer, with `--docker-host`.',
    values: { endpoint: 'ssh://me@10.0.0.5' },
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
    values: { OSType: 'windows' },
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
    values: { endpoint: 'unix:///var/run/docker.sock', why: 'nothing answers at this address' },
  },
  INOTIFY_LOW: {
    exits: [0, 3],
    meaning: 'The kernel allows too few inotify instances for this number of hosts.',
    remedy: `Raise the limit with the sysctl command of the hint, or as root with ${command`create --fix manager agent1`}.`,
    example: 'the 20 new hosts need 80 inotify instances, and 28 of 128 are free (fs.inotify.max_user_instances)',
  },
  NETWORK_UNSUITABLE: {
    exits: [2],
    meaning: 'The docker network exists, but the addresses of hosts in it can change.',
    remedy: 'Choose another network with `--docker-network`.',
    values: { network: 'hosts' },
  },
  NODE_IMAGE_FAILED: {
    exits: [1],
    meaning: 'The image of the hosts could not be built.',
    remedy: 'Read the last lines of the build in the hints.',
    values: { reason: 'no space left on device' },
  },
  SUBNET_FULL: {
    exits: [3],
    meaning: 'No address is free in the docker network of the hosts.',
    remedy: 'Use another network with a larger subnet.',
    values: { subnet: '172.30.0.0/29', name: 'swarmup' },
  },
  SUBNET_INVALID: {
    exits: [2],
    meaning: '`--docker-subnet` is not an IPv4 network with room for hosts.',
    remedy: 'Write a subnet, for example 172.30.0.0/24.',
    values: { wanted: '172.30.0.0/31' },
  },
  SUBNET_MISMATCH: {
    exits: [2],
    meaning: 'The docker network exists, but its subnet differs from the one that you asked for.',
    remedy: 'Choose another network, or leave out `--docker-subnet`.',
    values: { Name: 'swarmup', Subnet: '172.30.0.0/24', wantedSubnet: '172.31.0.0/24' },
  },
  SUBNET_NONE_FREE: {
    exits: [3],
    meaning: 'All subnets that swarmup can choose are in use. Each swarm of the driver docker needs one.',
    remedy: 'Remove swarms that are not needed, or name a free subnet with `--docker-subnet`.',
    example: 'all 160 subnets that swarmup can choose are in use',
  },
  SUBNET_OVERLAP: {
    exits: [3],
    meaning: 'The subnet overlaps a network that is in use on this computer.',
    remedy: 'Choose another subnet, or leave out `--docker-subnet`.',
    values: { subnet: '172.17.0.0/16', other: "the docker network 'bridge'" },
  },
} satisfies ErrorArea;
