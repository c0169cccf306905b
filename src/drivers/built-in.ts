import { awsDeclaration } from './aws/declaration.js';
import { dockerDeclaration } from './docker/declaration.js';
import { genericDeclaration } from './generic/declaration.js';
import type { DriverEntry } from './registry.js';
import { virtualBoxDeclaration } from './virtualbox/declaration.js';

/** The drivers that come with swarmup. Their declarations are data; their code is loaded when it is needed. */
export const builtInDrivers: readonly DriverEntry[] = [
  {
    declaration: dockerDeclaration,
    load: async () => (await import('./docker/docker-driver.js')).createDockerDriver(),
  },
  {
    declaration: genericDeclaration,
    load: async () => (await import('./generic/generic-driver.js')).createGenericDriver(),
  },
  {
    declaration: virtualBoxDeclaration,
    load: async () => (await import('./virtualbox/virtualbox-driver.js')).createVirtualBoxDriver(),
  },
  {
    declaration: awsDeclaration,
    load: async () => (await import('./aws/aws-driver.js')).createAwsDriver(),
  },
];
