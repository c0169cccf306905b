import { dockerMachinePlugins } from './docker-machine/find-plugins.js';
import type { DriverFinder } from './registry.js';

/** The drivers that are programs on PATH: plugins of docker-machine. */
export const foundDrivers: (env: Readonly<Record<string, string | undefined>>) => DriverFinder = dockerMachinePlugins;
