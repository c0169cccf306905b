import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { usageError } from '../lib/errors.js';
import { swarmup } from '../lib/typed-command.js';
import type { CommandIo } from './command-io.js';

const names = ['swarmup.yaml', 'swarmup.yml'];

/**
 * The manifest of the working folder, or of the nearest folder above it that has one. Errors: MANIFEST_AMBIGUOUS (exit
 * 2) where that folder has both names.
 */
export function nearestManifest(cwd: string): string | undefined {
  for (let folder = resolve(cwd); ; folder = dirname(folder)) {
    const [found, another] = names.map((name) => join(folder, name)).filter((path) => existsSync(path));
    if (found !== undefined && another !== undefined) throw twoManifests(found, another);
    if (found !== undefined || folder === dirname(folder)) return found;
  }
}

/** The manifest that a flag names, else the nearest. Errors: MANIFEST_MISSING (exit 2). */
export function requireManifest(io: Pick<CommandIo, 'cwd'>, flag: string | undefined): string {
  const found = flag === undefined ? nearestManifest(io.cwd) : resolve(io.cwd, flag);
  if (found !== undefined) return found;
  throw usageError(
    'MANIFEST_MISSING',
    `there is no swarmup.yaml in ${io.cwd} or in a folder above it`,
    `${swarmup`init`} writes one; ${swarmup`init --list`} shows what there is`,
  );
}

const twoManifests = (one: string, another: string): Error =>
  usageError(
    'MANIFEST_AMBIGUOUS',
    `there are two manifests, ${one} and ${another}`,
    `remove one of them, or name the one that you mean: ${swarmup`up --file ${one}`}`,
  );
