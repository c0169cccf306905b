import { swarmup } from '../../lib/typed-command.js';
import type { DriverDeclaration } from '../driver.js';

/**
 * Virtual machines of VirtualBox on this computer. Flags and variables that docker-machine's driver had keep their
 * names (docs/from-docker-machine.md lists those that are gone).
 */
export const virtualBoxDeclaration = {
  apiVersion: 1,
  name: 'virtualbox',
  description: 'virtual machines of VirtualBox on this computer, made from cloud images of Debian or Ubuntu',
  options: {
    image: {
      type: 'string',
      default: 'debian-13',
      description: `cloud image: debian-12, debian-13, ubuntu-22.04, ubuntu-24.04, ubuntu-26.04, a name of ${swarmup`image ls`}, a URL or a file`,
    },
    'image-digest': {
      type: 'string',
      description: 'what an image from a URL must be: sha256:HEX or sha512:HEX',
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
      description: 'CPUs of a host',
    },
    'disk-size': {
      type: 'integer',
      min: 1000,
      default: 20_000,
      env: 'VIRTUALBOX_DISK_SIZE',
      description: 'size of the disk in MB; it takes only the space that is used',
    },
    'extra-disk': { type: 'list', description: 'size in MB of a further, empty disk' },
    'hostonly-cidr': {
      type: 'string',
      default: '192.168.56.1/24',
      env: 'VIRTUALBOX_HOSTONLY_CIDR',
      description: "this computer's address in the host-only network, which is made when missing",
    },
    port: {
      type: 'list',
      description: 'port of this computer that leads into the host: [ADDRESS:]PORT:GUEST-PORT[/udp]',
    },
    'share-folder': {
      type: 'list',
      env: 'VIRTUALBOX_SHARE_FOLDER',
      description: 'folder of this computer that the host mounts: PATH:NAME, at /NAME; the image needs vboxsf',
    },
    'cloud-config': { type: 'string', description: 'file with more cloud-config (cloud-init) for the hosts' },
    packages: { type: 'list', description: 'packages that cloud-init installs at the first boot' },
    'ssh-user': { type: 'string', default: 'swarmup', description: 'user that swarmup makes and logs in as' },
    'linked-clone': {
      type: 'boolean',
      default: false,
      description: 'disks share what is in the image: quicker and smaller; snapshots of one master disk',
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
      description: 'how the machine is shown',
    },
    'host-dns-resolver': {
      type: 'boolean',
      default: false,
      env: 'VIRTUALBOX_HOST_DNS_RESOLVER',
      description: "answer the hosts' name queries by the resolver of this computer",
    },
    'stop-timeout': {
      type: 'integer',
      min: 1,
      max: 3600,
      default: 90,
      description: 'seconds that a host has for its shutdown',
    },
    'power-off': {
      type: 'boolean',
      default: true,
      description: 'cut the power of a host that takes longer than that; without it stop fails',
    },
  },
  // The seed with the first host key stays attached.
  capabilities: { power: true, snapshots: true, injectsHostKey: true, stableAddresses: true, exposesHostKey: true },
  preference: 60,
} as const satisfies DriverDeclaration;
