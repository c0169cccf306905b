import { join } from 'node:path';
import { homeVariable } from '../lib/home-folder.js';
import type { CommandIo } from './command-io.js';

/** Where docker-machine keeps its machines: MACHINE_STORAGE_PATH, else `.docker/machine` in the user's home. */
export function dockerMachineFolder({ env, platform }: Pick<CommandIo, 'env' | 'platform'>): string {
  const told = env['MACHINE_STORAGE_PATH'];
  return told === undefined || told === '' ? join(homeVariable(env, platform), '.docker', 'machine') : told;
}
