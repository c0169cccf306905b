import { aptError, aptProgress, classifyAptFailure, lockHolder } from './apt-output.js';
import {
  dockerRepositoryScript,
  installedScript,
  offersScript,
  packagesScript,
  removeDockerRepositoryScript,
  repairScript,
} from './apt-scripts.js';
import type { PackageTool } from './package-tool.js';

/** Debian and its derivatives. */
export const apt: PackageTool = {
  offers: offersScript,
  install: packagesScript,
  installed: installedScript,
  isOrdered: true,
  // Recommended packages (git among them) are left out; what the engine does need of them is named.
  needed: ({ appArmor }) => ['ca-certificates', ...(appArmor ? ['apparmor'] : [])],
  at: (name, version) => `${name}=${version}`,
  addDockerRepository: (distro, { os }) => {
    const suite = distro.dockerRepository?.suite?.(os);
    return suite === undefined ? undefined : dockerRepositoryScript(distro, suite);
  },
  removeDockerRepository: removeDockerRepositoryScript,
  repair: repairScript,
  classify: classifyAptFailure,
  errorIn: aptError,
  lockHolder,
  progress: aptProgress,
  look: 'apt-get update',
};
