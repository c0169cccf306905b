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
    commands: Object.fromEntries(commands.map((told, i) => [told.id, new ListedCommand(told, lines[i] ?? '')])),
  };
}

type Words = Pick<ManifestCommand, 'args' | 'flags' | 'names'>;

/** Its words are parsed when they are asked for: those of all commands take longer than the rest of a TAB. */
class ListedCommand implements ManifestCommand {
  readonly summary?: string;
  readonly hidden?: boolean;
  readonly #line: string;
  #words: Words | undefined;

  constructor({ summary, hidden }: Pick<ManifestCommand, 'summary' | 'hidden'>, line: string) {
    if (summary !== undefined) this.summary = summary;
    if (hidden !== undefined) this.hidden = hidden;
    this.#line = line;
  }

  get args(): Words['args'] {
    return this.#parsed.args;
  }

  get flags(): Words['flags'] {
    return this.#parsed.flags;
  }

  get names(): NonNullable<Words['names']> {
    return this.#parsed.names ?? {};
  }

  get #parsed(): Words {
    return (this.#words ??= JSON.parse(this.#line) as Words);
  }
}
