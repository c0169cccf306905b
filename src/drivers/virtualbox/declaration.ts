import { swarmup } from '../../lib/typed-command.js';
import type { DriverDeclaration } from '../driver.js';

/**
 * Virtual machines of VirtualBox on this computer. Flags and variables that docker-machine's driver had keep their
 * names (docs/from-docker-machine.md lists those that are gone).
 */
export const virtualBoxDeclaration = {
  apiVersion: 1,
  name: 'virtualbox',
  description: 'VirtualBox machines on this computer, made from cloud images of Debian or Ubuntu',
  options: {
    image: {
      type: 'string',
      default: 'debian-13',
      description: `cloud image: debian-12, debian-13, ubuntu-22.04, ubuntu-24.04, ubuntu-26.04, a name of ${swarmup`image ls`}, a URL or a file`,
    },
    'image-digest': {
      type: 'string',
      dependsOn: ['image'],
      description: 'expected digest of an image from a URL: sha256:HEX or sha512:HEX',
    },
    memory: {
      type: 'integer',
      min: 256,
      default: 2048,
      env: 'VIRTUALBOX_MEMORY_SIZE',
      description: 'memory of a host in MiB',
    },
    'cpu-count': {
      type: 'integer',
      min: 1,
      max: 64,
      default: 2,
      env: 'VIRTUALBOX_CPU_COUNT',
      description: 'number of CPUs of a host',
    },
    'disk-size': {
      type: 'integer',
      min: 1000,
      default: 20_000,
      env: 'VIRTUALBOX_DISK_SIZE',
      description: 'size of the disk in MB; the disk file takes only the space in use',
    },
    'extra-disk': { type: 'list', description: 'size in MB of an additional, empty disk' },
    'hostonly-cidr': {
      type: 'string',
      differing: { consequence: 'hosts in different host-only networks may not reach each other' },
      default: '192.168.56.1/24',
      env: 'VIRTUALBOX_HOSTONLY_CIDR',
      description: 'address of this computer in the host-only network, which is made if it does not exist',
    },
    port: {
      type: 'list',
      perHost: true,
      description: 'port of this computer to forward to the host: [ADDRESS:]PORT:GUEST-PORT[/udp]',
    },
    'share-folder': {
      type: 'list',
      env: 'VIRTUALBOX_SHARE_FOLDER',
      description: 'folder of this computer that the host mounts at /NAME: PATH:NAME; the image needs vboxsf',
    },
    'cloud-config': { type: 'string', description: 'file with additional cloud-config (cloud-init) for the hosts' },
    packages: { type: 'list', description: 'packages that cloud-init installs during the first boot' },
    'ssh-user': {
      type: 'string',
      dependsOn: ['image'],
      default: 'swarmup',
      description: 'user that swarmup creates and logs in as',
    },
    'linked-clone': {
      type: 'boolean',
      default: false,
      description: 'use disks that share the data of the image, which makes hosts faster to create and smaller',
    },
    folder: {
      type: 'string',
      description: "folder for the virtual machines; default: VirtualBox's default machine folder",
    },
    'ui-type': {
      type: 'string',
      choices: ['headless', 'gui', 'separate'],
      default: 'headless',
      env: 'VIRTUALBOX_UI_TYPE',
      description: 'user interface of the machine',
    },
    'host-dns-resolver': {
      type: 'boolean',
      default: false,
      env: 'VIRTUALBOX_HOST_DNS_RESOLVER',
      description: 'answer the DNS queries of the hosts with the resolver of this computer',
    },
    'stop-timeout': {
      type: 'integer',
      min: 1,
      max: 3600,
      default: 90,
      description: 'longest time that a host may take to shut down, in seconds',
    },
    'power-off': {
      type: 'boolean',
      default: true,
      description: 'cut the power of a host that takes longer; otherwise stop fails',
    },
  },
  // The seed with the first host key stays attached.
  capabilities: {
    power: true,
    snapshots: true,
    injectsHostKey: true,
    stableAddresses: true,
    choosesAddresses: true,
    exposesHostKey: true,
  },
  preference: 60,
} as const satisfies DriverDeclaration;
