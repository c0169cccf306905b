import { readFileSync } from 'node:fs';
import type { NameKind } from '../arg-declaration.js';
import { inPackage } from '../../lib/package-folder.js';

/**
 * dist/words.jsonl, which the build writes: what completion and the help that lists all need of oclif.manifest.json, which
 * takes longer to read, with the commands of the built-in drivers.
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

/** The first line of the file lists all commands. Each line after it has the words of one of them, in the same order. */
interface FirstLine extends Pick<CommandWords, 'topics'> {
  readonly commands: readonly (Pick<ManifestCommand, 'summary' | 'hidden'> & { readonly id: string })[];
}

export function readWords(): CommandWords {
  const [first = '', ...lines] = readFileSync(inPackage('dist', 'words.jsonl'), 'utf8').split('\n');
  const { topics, commands } = JSON.parse(first) as FirstLine;
  return {
    topics,
    commands: Object.fromEntries(commands.map(({ id, ...told }, i) => [id, commandOf(told, lines[i] ?? '')])),
  };
}

/** Its words are parsed when they are asked for: those of all commands take longer than the rest of a TAB. */
function commandOf(told: Pick<ManifestCommand, 'summary' | 'hidden'>, line: string): ManifestCommand {
  let parsed: Pick<ManifestCommand, 'args' | 'flags' | 'names'> | undefined;
  const words = (): NonNullable<typeof parsed> => (parsed ??= JSON.parse(line) as NonNullable<typeof parsed>);
  return {
    ...told,
    get args() {
      return words().args;
    },
    get flags() {
      return words().flags;
    },
    get names() {
      return words().names ?? {};
    },
  };
}
