import { SwarmupError } from '../../lib/errors.js';
import type { HostFacts, OsRelease } from '../host-facts.js';
import { apt } from './apt.js';
import type { Distro } from './distro.js';
import { installPackageWith, installWith } from './install-packages.js';
import { apk, dnf, pacman, zypper } from './other-tools.js';
import type { PackageTool } from './package-tool.js';
import { lookForUpgradeWith, notPackaged } from './upgrade-packages.js';

const by = (tool: PackageTool): Pick<Distro, 'install' | 'lookForUpgrade' | 'installPackage' | 'nodePackage'> => ({
  install: installWith(tool),
  lookForUpgrade: lookForUpgradeWith(tool),
  installPackage: installPackageWith(tool),
  nodePackage: 'nodejs',
});

const debian = {
  ...by(apt),
  enginePackages: ['docker.io', 'docker-ce'],
  // a package of its own in newer releases
  companions: { 'docker.io': ['docker-cli'] },
  missingHint: 'enable the component that has docker.io (on Ubuntu: universe)',
};
const ofParent = (os: OsRelease): string | undefined => os.parentCodename ?? os.codename;

const redHat = { ...by(dnf), enginePackages: ['docker-ce'] };

/** Systems whose image contains Docker and which accept no packages: their engine is used. */
const imageBased = (name: string, id: string): Distro => ({
  name,
  id,
  enginePackages: [],
  nodePackage: 'nodejs',
  install: ({ runner }) =>
    Promise.reject(
      new SwarmupError('ENGINE_PACKAGE_MISSING', `${name} on ${runner.host} has no Docker in its image`, {
        host: runner.host,
        hints: ['use an image of this system that contains Docker; packages cannot be added to the system'],
      }),
    ),
  lookForUpgrade: ({ runner }) => Promise.reject(notPackaged(runner.host, `Docker is part of the image of ${name}`)),
  installPackage: () => Promise.resolve(undefined),
});

/** Every operating system that Docker can be installed on. A new one is a row here and a test. */
export const distros: readonly Distro[] = [
  { name: 'Ubuntu', id: 'ubuntu', ...debian, dockerRepository: { folder: 'ubuntu', suite: ofParent } },
  // 32-bit Raspberry Pi OS; the 64-bit one is plain Debian
  { name: 'Raspbian', id: 'raspbian', ...debian, dockerRepository: { folder: 'raspbian', suite: (os) => os.codename } },
  { name: 'Debian', id: 'debian', ...debian, dockerRepository: { folder: 'debian', suite: ofParent } },
  imageBased('Fedora CoreOS', 'fedora-coreos'),
  imageBased('Flatcar', 'flatcar'),
  { name: 'Amazon Linux', id: 'amzn', ...by(dnf), enginePackages: ['docker'] },
  { name: 'Red Hat Enterprise Linux', id: 'rhel', ...redHat, dockerRepository: { folder: 'rhel' } },
  { name: 'CentOS Stream', id: 'centos', ...redHat, dockerRepository: { folder: 'centos' } },
  { name: 'Rocky Linux', id: 'rocky', ...redHat, dockerRepository: { folder: 'centos' } },
  { name: 'AlmaLinux', id: 'almalinux', ...redHat, dockerRepository: { folder: 'centos' } },
  { name: 'Oracle Linux', id: 'ol', ...redHat, dockerRepository: { folder: 'centos' } },
  {
    name: 'Fedora',
    id: 'fedora',
    ...by(dnf),
    enginePackages: ['moby-engine', 'docker-ce'],
    companions: { 'moby-engine': ['docker-cli'] },
    dockerRepository: { folder: 'fedora' },
  },
  { name: 'openSUSE', id: 'suse', ...by(zypper), enginePackages: ['docker'] },
  {
    name: 'SUSE Linux Enterprise',
    id: 'sles',
    ...by(zypper),
    enginePackages: ['docker'],
    missingHint: 'add the Containers module (SUSEConnect -p sle-module-containers)',
  },
  { name: 'Arch Linux', id: 'arch', ...by(pacman), enginePackages: ['docker'] },
  {
    name: 'Alpine',
    id: 'alpine',
    ...by(apk),
    enginePackages: ['docker'],
    missingHint: 'enable the community repository in /etc/apk/repositories',
  },
];

/**
 * The row for a host: by its ID (with its variant first), else by the first of its ID_LIKE that has one.
 * Errors: OS_UNSUPPORTED (exit 1).
 */
export function findDistro(host: string, { os }: Pick<HostFacts, 'os'>): Distro {
  for (const id of [`${os.id}-${os.variantId ?? ''}`, os.id, ...os.idLike]) {
    const found = distros.find((distro) => distro.id === id);
    if (found !== undefined) return found;
  }
  const like = os.idLike.length === 0 ? '' : `, ID_LIKE=${os.idLike.join(' ')}`;
  throw new SwarmupError(
    'OS_UNSUPPORTED',
    `cannot install Docker on ${host}: it runs ${os.prettyName} (ID=${os.id}${like})`,
    {
      host,
      hints: [
        `install Docker Engine on ${host} yourself, then run the same command again, which uses that engine`,
        `or use a host with ${new Intl.ListFormat('en', { type: 'disjunction' }).format(distros.map(({ name }) => name))} or a system derived from one`,
      ],
    },
  );
}
