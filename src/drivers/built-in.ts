import { dockerDeclaration } from './docker/declaration.js';
import { virtualBoxDeclaration } from './virtualbox/declaration.js';
import type { DriverEntry } from './registry.js';

/** The drivers that come with swarmup. Their declarations are data; their code is loaded when it is needed. */
export const builtInDrivers: readonly DriverEntry[] = [
  {
    declaration: dockerDeclaration,
    load: async () => (await import('./docker/docker-driver.js')).createDockerDriver(),
  },
  {
    declaration: virtualBoxDeclaration,
    load: async () => (await import('./virtualbox/virtualbox-driver.js')).createVirtualBoxDriver(),
  },
];
