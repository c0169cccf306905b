import { readFileSync } from 'node:fs';
import type { NameKind } from '../arg-declaration.js';
import { inPackage } from '../../lib/package-folder.js';

/**
 * dist/words.json, which the build writes: what completion and the help that lists all need of oclif.manifest.json, which
 * takes longer to read.
 */
export interface CommandWords extends CommandManifest {
  readonly topics: Readonly<Record<string, { readonly description?: string }>>;
}

/** All commands with their flags. */
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

export function readWords(): CommandWords {
  return JSON.parse(readFileSync(inPackage('dist', 'words.json'), 'utf8')) as CommandWords;
}
