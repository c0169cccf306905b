import type { Command, Interfaces } from '@oclif/core';
import { readFileSync } from 'node:fs';
import { inPackage } from '../../lib/package-folder.js';

/** The two files of the package that tell of commands. */
export interface PackageFiles {
  readonly manifest: { readonly commands: Readonly<Record<string, Command.Loadable>> };
  readonly pjson: Interfaces.PJSON;
}

export const readPackageFiles = (): PackageFiles => ({
  manifest: readJson('oclif.manifest.json') as PackageFiles['manifest'],
  pjson: readJson('package.json') as PackageFiles['pjson'],
});

const readJson = (file: string): unknown => JSON.parse(readFileSync(inPackage(file), 'utf8'));
