import { SwarmupError } from '../../lib/errors.js';
import type { HostFacts } from '../host-facts.js';
import { installPackageWithApt, installWithApt } from './apt.js';
import type { Distro } from './distro.js';

/** Every operating system that Docker can be installed on. A new one is a row here and a test. */
export const distros: readonly Distro[] = [
  {
    name: 'Ubuntu',
    id: 'ubuntu',
    install: installWithApt,
    enginePackages: ['docker.io', 'docker-ce'],
    installPackage: installPackageWithApt,
    nodePackage: 'nodejs',
    dockerRepository: { folder: 'ubuntu', suite: (os) => os.parentCodename ?? os.codename },
  },
  {
    // 32-bit Raspberry Pi OS; the 64-bit one is plain Debian
    name: 'Raspbian',
    id: 'raspbian',
    install: installWithApt,
    enginePackages: ['docker.io', 'docker-ce'],
    installPackage: installPackageWithApt,
    nodePackage: 'nodejs',
    dockerRepository: { folder: 'raspbian', suite: (os) => os.codename },
  },
  {
    name: 'Debian',
    id: 'debian',
    install: installWithApt,
    enginePackages: ['docker.io', 'docker-ce'],
    installPackage: installPackageWithApt,
    nodePackage: 'nodejs',
    dockerRepository: { folder: 'debian', suite: (os) => os.parentCodename ?? os.codename },
  },
];

/**
 * The row for a host: by its ID, else by the first of its ID_LIKE that has one.
 * Errors: OS_UNSUPPORTED (exit 1).
 */
export function findDistro(host: string, { os }: Pick<HostFacts, 'os'>): Distro {
  for (const id of [os.id, ...os.idLike]) {
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
        `install Docker Engine on ${host} yourself, then run the same command again: it is used as it is`,
        `or use a host with ${new Intl.ListFormat('en', { type: 'disjunction' }).format(distros.map(({ name }) => name))} or a system derived from one`,
      ],
    },
  );
}
