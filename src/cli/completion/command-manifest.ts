import { readFileSync } from 'node:fs';
import type { NameKind } from '../arg-declaration.js';
import { inPackage } from '../../lib/package-folder.js';

/** What completion needs of oclif.manifest.json, which the build writes: all commands with their flags. */
export interface CommandManifest {
  readonly commands: Readonly<Record<string, ManifestCommand>>;
}

export interface ManifestCommand {
  readonly summary?: string;
  readonly hidden?: boolean;
  readonly args: Readonly<Record<string, ManifestArg>>;
  readonly flags: Readonly<Record<string, ManifestFlag>>;
  /** What arguments name, and the values of flags: `service`, `--swarm`. */
  readonly names?: Readonly<Record<string, NameKind>>;
}

interface ManifestArg {
  readonly name: string;
  readonly multiple?: boolean;
  readonly options?: readonly string[];
}

export interface ManifestFlag {
  readonly name: string;
  readonly type: 'boolean' | 'option';
  readonly char?: string;
  readonly description?: string;
  readonly allowNo?: boolean;
  readonly multiple?: boolean;
  readonly options?: readonly string[];
  readonly hidden?: boolean;
}

export function readManifest(): CommandManifest {
  return JSON.parse(readFileSync(inPackage('oclif.manifest.json'), 'utf8')) as CommandManifest;
}
