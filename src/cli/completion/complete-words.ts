import type { NameKind } from '../arg-declaration.js';
import { settingKeys, settingTexts } from '../setting-texts.js';
import type { Candidate } from './candidate.js';
import { completionShells } from './shell-output.js';
import type { CommandManifest, ManifestCommand, ManifestFlag } from './command-manifest.js';

/** The kinds of names that are looked up when they are needed. */
type LookedUp = Exclude<NameKind, 'counts' | 'places' | 'settings' | 'shells'>;

/** The words typed before the name, as far as they decide where to look. */
export interface GivenWords {
  /** The value of --swarm. */
  readonly swarm: string | undefined;
}

export type NameSources = Readonly<Record<LookedUp, (given: GivenWords) => Promise<readonly string[]>>>;

/** What a word stands for: one of these, or a name that is looked up; undefined: anything, perhaps a file. */
type Meaning = readonly Candidate[] | NameKind | undefined;

/**
 * The words that can stand in the place of the last of `words` (its beginning, perhaps empty); `words` start after
 * `swarmup`. Empty: nothing is known, and the shell may propose files.
 */
export async function completeWords(
  manifest: CommandManifest,
  words: readonly string[],
  names: NameSources,
): Promise<readonly Candidate[]> {
  const { meaning, typed, before } = meaningOf(manifest, words);
  const candidates = await candidatesOf(meaning, names, { swarm: swarmIn(words) });
  return candidates
    .filter(({ value }) => value.startsWith(typed))
    .map((candidate) => ({ ...candidate, value: before + candidate.value }));
}

/**
 * Whether the drivers of plugins must be known: their names are needed, or no command here begins with the typed word,
 * which may name one of theirs.
 */
export const asksForDrivers = (manifest: CommandManifest, words: readonly string[]): boolean => {
  const [command = ''] = words[0] === 'help' ? words.slice(1) : words;
  if (!Object.keys(manifest.commands).some((id) => id.startsWith(command))) return true;
  return meaningOf(manifest, words).meaning === 'drivers';
};

/** The kind of name that can stand in the place of the last word. */
export const kindAsked = (manifest: CommandManifest, words: readonly string[]): NameKind | undefined => {
  const { meaning } = meaningOf(manifest, words);
  return typeof meaning === 'string' ? meaning : undefined;
};

interface Place {
  readonly meaning: Meaning;
  /** The beginning of the word. */
  readonly typed: string;
  /** What the same word begins with: `--driver=`. */
  readonly before: string;
}

function meaningOf(manifest: CommandManifest, words: readonly string[]): Place {
  const typed = words.at(-1) ?? '';
  const isHelp = words[0] === 'help' && words.length > 1;
  const given = words.slice(isHelp ? 1 : 0, -1);
  const next = nextWords(manifest, given);
  const found = isHelp ? undefined : findCommand(manifest, given);
  if (found === undefined) return { meaning: next, typed, before: '' };
  const { command, rest } = found;
  const isTopic = given.length === 1 && next.length > 0 && !typed.startsWith('-');
  return isTopic ? { meaning: next, typed, before: '' } : meaningInCommand(command, rest, typed);
}

function meaningInCommand(command: ManifestCommand, rest: readonly string[], typed: string): Place {
  const plain = (meaning: Meaning): Place => ({ meaning, typed, before: '' });
  if (rest.includes('--')) return plain(undefined);
  const flags = Object.values(command.flags).filter(({ hidden }) => hidden !== true);
  const open = valueOf(flags, rest.at(-1) ?? '');
  if (open !== undefined) return plain(flagMeaning(command, open));
  const { before, flag = '', value = '' } = /^(?<before>--(?<flag>[\w-]+)=)(?<value>.*)$/.exec(typed)?.groups ?? {};
  if (before !== undefined) return { meaning: flagMeaning(command, command.flags[flag]), typed: value, before };
  return plain(typed.startsWith('-') ? flagWords(flags, rest) : argMeaning(command, operands(flags, rest)));
}

async function candidatesOf(meaning: Meaning, names: NameSources, given: GivenWords): Promise<readonly Candidate[]> {
  if (typeof meaning !== 'string') return meaning ?? [];
  if (meaning === 'settings') return settings;
  if (meaning === 'shells') return plainWords(completionShells);
  if (meaning === 'places') return (await names.hosts(given)).map((name) => ({ value: `${name}:` }));
  if (meaning === 'counts') return (await names.services(given)).map((name) => ({ value: `${name}=` }));
  return (await names[meaning](given)).map((value) => ({ value }));
}

const settings = settingKeys.map((value) => ({ value, description: settingTexts[value] }));

/** The swarm that was named before the word that is typed. */
function swarmIn(words: readonly string[]): string | undefined {
  const given = words.slice(0, -1);
  const at = given.lastIndexOf('--swarm');
  return at >= 0 ? given[at + 1] : given.findLast((word) => word.startsWith('--swarm='))?.slice('--swarm='.length);
}

function findCommand(
  { commands }: CommandManifest,
  given: readonly string[],
): { readonly command: ManifestCommand; readonly rest: readonly string[] } | undefined {
  for (const length of [2, 1]) {
    const command = given.length < length ? undefined : commands[given.slice(0, length).join(':')];
    if (command !== undefined) return { command, rest: given.slice(length) };
  }
  return undefined;
}

/** The words of commands that can follow; of a topic with its first command's. */
function nextWords({ commands }: CommandManifest, given: readonly string[]): readonly Candidate[] {
  const start = given.map((word) => `${word}:`).join('');
  const next = new Map<string, Candidate>();
  for (const [id, { summary, hidden }] of Object.entries(commands)) {
    if (!id.startsWith(start) || hidden === true) continue;
    const [value = '', ...more] = id.slice(start.length).split(':');
    if (more.length > 0) next.set(value, next.get(value) ?? { value });
    else next.set(value, { value, ...(summary !== undefined && { description: summary }) });
  }
  return [...next.values()];
}

/** The flag whose value comes next. */
function valueOf(flags: readonly ManifestFlag[], word: string): ManifestFlag | undefined {
  return flags.find(({ type, name, char }) => type === 'option' && (word === `--${name}` || word === `-${char ?? ''}`));
}

/** The words that are neither flags nor their values. */
const operands = (flags: readonly ManifestFlag[], rest: readonly string[]): readonly string[] =>
  rest.filter((word, i) => !word.startsWith('-') && valueOf(flags, rest[i - 1] ?? '') === undefined);

const plainWords = (options: readonly string[]): readonly Candidate[] => options.map((value) => ({ value }));

function flagMeaning({ names = {} }: ManifestCommand, flag: ManifestFlag | undefined): Meaning {
  if (flag?.options !== undefined) return plainWords(flag.options);
  return names[`--${flag?.name ?? ''}`];
}

function flagWords(flags: readonly ManifestFlag[], rest: readonly string[]): readonly Candidate[] {
  return flags
    .filter(({ name, multiple }) => multiple === true || !rest.includes(`--${name}`))
    .flatMap(({ name, allowNo, description }) =>
      [name, ...(allowNo === true ? [`no-${name}`] : [])].map((word) => ({
        value: `--${word}`,
        ...(description !== undefined && { description }),
      })),
    );
}

function argMeaning({ args, names = {} }: ManifestCommand, given: readonly string[]): Meaning {
  const all = Object.values(args);
  const last = all.at(-1);
  const arg = all[given.length] ?? (last?.multiple === true ? last : undefined);
  if (arg?.options !== undefined) return plainWords(arg.options.filter((option) => !given.includes(option)));
  // The value of a setting.
  if (arg?.name === 'value') return given[0] === 'driver' ? 'drivers' : undefined;
  const kind = names[arg?.name ?? ''];
  // The words after the shell are those of another command line.
  return kind === 'shells' && given.length > 0 ? undefined : kind;
}
