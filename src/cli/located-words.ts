import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { homeFolder } from '../lib/home-folder.js';
import { hostMeantBy } from '../machine/host-meant-by.js';
import { nameWithin, noSwarm, placeOfHost } from '../machine/names.js';
import { nameSwarmInCommands } from '../lib/typed-command.js';
import { openStore } from '../machine/file-store.js';
import { requirePrivateHome } from '../machine/private-home.js';
import type { Store } from '../machine/store.js';
import type { AnyWords, CommandDefinition } from './command.js';
import type { CommandIo } from './command-io.js';
import { nearestManifest } from './find-manifest.js';
import { scopeHere, swarmOfManifest } from './swarm-here.js';

/** The words of a command with the hosts that they name, and the swarm whose hosts have short names for it. */
export interface Located {
  readonly scope: string;
  readonly words: AnyWords;
}

/**
 * Finds the hosts that a command line names. The scope is the swarm that the command says (`--swarm`, the manifest of
 * its lab), else the one swarm that all named hosts belong to, else the swarm that is meant here. Errors:
 * HOST_AMBIGUOUS (exit 2); those of `swarmHere`.
 */
export async function locate<Tools>(
  definition: Pick<CommandDefinition<Tools>, 'args' | 'flags' | 'scope'>,
  words: AnyWords,
  io: Pick<CommandIo, 'cwd' | 'env' | 'platform' | 'say'>,
): Promise<Located> {
  requirePrivateHome(homeFolder(io.env, io.platform), process.getuid?.());
  await takeOverStore(io);
  nameSwarmInCommands(undefined);
  const lab = await labSaid(definition, words, io);
  const said = swarmSaid(definition, words) ?? definition.scope ?? lab ?? swarmOfOrphans(definition, words);
  const usual = lab ?? (await scopeHere(io));
  const here = said ?? usual;
  const store = openStore(homeFolder(io.env, io.platform), here);
  const given = hostWords(definition, words);
  const names = await namesFor(given, store);
  const meant = ({ word, mayBeNew }: HostWord): string => (mayBeNew ? word : hostMeantBy(word, names, here));
  const scope = said ?? (given.length > 0 ? commonSwarm(given.map(meant), names, store) : undefined) ?? here;
  if (scope !== usual) nameSwarmInCommands((await isElsewhere(store.within(scope))) ? scope : undefined);
  if (given.length === 0) return { scope, words };
  const shown = (one: HostWord): string => {
    const found = meant(one);
    const place = one.mayBeNew || names.includes(found) ? placeOfHost(found, here) : undefined;
    return place === undefined ? one.word : nameWithin(place, scope);
  };
  return { scope, words: replaced(definition, words, shown) };
}

/** The names of the hosts that these words could mean. */
async function namesFor(given: readonly HostWord[], store: Store): Promise<readonly string[]> {
  const known = given.filter(({ mayBeNew }) => !mayBeNew);
  return (await Promise.all(known.map(({ word }) => store.named(word)))).flat();
}

/**
 * Whether the store has hosts of other swarms than its scope. If so, short names mean hosts of the scope only in this
 * command, and the commands that it proposes say which swarm they are for.
 */
async function isElsewhere(store: Store): Promise<boolean> {
  if ((await store.swarms()).some((swarm) => swarm !== store.scope)) return true;
  const isPlain = (name: string): boolean => placeOfHost(name, store.scope)?.swarm === noSwarm;
  return store.scope !== noSwarm && (await store.names()).some(isPlain);
}

/** A store of swarmup 0.1 is taken over by the first command that sees it. */
async function takeOverStore(io: Pick<CommandIo, 'env' | 'platform' | 'say'>): Promise<void> {
  const home = homeFolder(io.env, io.platform);
  if (!existsSync(join(home, 'machines'))) return;
  const { migrateStore } = await import('../machine/migrate-store.js');
  const copy = await migrateStore(home);
  if (copy !== undefined) io.say(`The store of swarmup 0.1 in ${home} was taken over; a copy of it is in ${copy}.\n`);
}

/** The value of a flag that names a swarm. */
function swarmSaid<Tools>(
  { flags }: Pick<CommandDefinition<Tools>, 'flags'>,
  { flags: values }: AnyWords,
): string | undefined {
  if (flags['no-swarm'] !== undefined && (values['no-swarm'] as unknown) === true) return noSwarm;
  const swarm = flags['swarm']?.names === 'swarms' ? values['swarm'] : undefined;
  return typeof swarm === 'string' ? swarm : undefined;
}

/** The lab of the manifest that the command is about, where there is one. */
async function labSaid<Tools>(
  { flags }: Pick<CommandDefinition<Tools>, 'flags'>,
  { flags: values }: AnyWords,
  io: Pick<CommandIo, 'cwd' | 'env' | 'platform'>,
): Promise<string | undefined> {
  if (flags['file']?.isManifest !== true) return undefined;
  const file = typeof values['file'] === 'string' ? resolve(io.cwd, values['file']) : nearestManifest(io.cwd);
  return file === undefined ? undefined : swarmOfManifest(file, io);
}

/** The swarm of hosts without a record, which only their full names tell. */
function swarmOfOrphans<Tools>(
  { args }: Pick<CommandDefinition<Tools>, 'args'>,
  { args: values }: AnyWords,
): string | undefined {
  const words = Object.entries(values).flatMap(([name, value]) => (args[name]?.names === 'orphans' ? value : []));
  const swarms = new Set(words.map((word) => (word === undefined ? undefined : placeOfHost(word, '')?.swarm)));
  return swarms.size === 1 ? [...swarms][0] : undefined;
}

/** undefined: they are of several swarms, or one of them is unknown. */
function commonSwarm(found: readonly string[], names: readonly string[], store: Store): string | undefined {
  if (!found.every((name) => names.includes(name))) return undefined;
  const swarms = new Set(found.map((name) => placeOfHost(name, store.scope)?.swarm));
  return swarms.size === 1 ? [...swarms][0] : undefined;
}

interface HostInWord {
  readonly before?: string;
  readonly host?: string;
  readonly after?: string;
}

const wholeWord = (host: string): HostInWord => ({ host });
const place = /^(?<before>(?:[^/\\:@]+@)?)(?<host>[a-z0-9.-]+)(?<after>:.*)$/s;

/** What a word of each kind says of hosts: a place is `[USER@]HOST:PATH`. */
const hostIn: Readonly<Record<string, (word: string) => HostInWord>> = {
  hosts: wholeWord,
  nodes: wholeWord,
  places: (word) => place.exec(word)?.groups ?? {},
};

type Declared<Tools> = Pick<CommandDefinition<Tools>, 'args' | 'flags'>;

interface HostWord {
  readonly word: string;
  readonly mayBeNew: boolean;
}

function hostWords<Tools>(definition: Declared<Tools>, words: AnyWords): readonly HostWord[] {
  const found: HostWord[] = [];
  replaced(definition, words, (host) => {
    found.push(host);
    return host.word;
  });
  return found;
}

/** The words with other names in the place of hosts. */
function replaced<Tools>({ args, flags }: Declared<Tools>, words: AnyWords, by: (host: HostWord) => string): AnyWords {
  const one = (kind: string, text: string, mayBeNew: boolean): string => {
    const { before = '', host = '', after = '' } = hostIn[kind]?.(text) ?? {};
    return host === '' ? text : before + by({ word: host, mayBeNew }) + after;
  };
  const all = (
    declared: Readonly<Record<string, { readonly names?: string; readonly mayBeNew?: true }>>,
    values: Readonly<Record<string, unknown>>,
  ): Record<string, unknown> =>
    Object.fromEntries(
      Object.entries(values).map(([name, value]) => {
        const { names: kind, mayBeNew = false } = declared[name] ?? {};
        if (kind === undefined || hostIn[kind] === undefined) return [name, value];
        if (typeof value === 'string') return [name, one(kind, value, mayBeNew)];
        return [name, Array.isArray(value) ? value.map((word) => one(kind, String(word), mayBeNew)) : value];
      }),
    );
  return { ...words, args: all(args, words.args), flags: all(flags, words.flags) } as AnyWords;
}
