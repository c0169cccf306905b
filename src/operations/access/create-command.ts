import { inSwarm, swarmup } from '../../lib/typed-command.js';
import { ownName } from '../../machine/names.js';

/** The command line that makes or resumes these hosts: it must name their swarm when that is not the usual one. */
export const createCommand = (swarm: string | null, names: readonly string[]): string =>
  swarmup`create ${swarm === null ? '--no-swarm' : inSwarm(swarm)} ${names.map(ownName)}`;
