import { quoteWord } from './quote.js';

/** A value in a command line; an array is several words, and undefined or an empty array none. */
type Word = string | number | readonly string[] | undefined;

let meant = '';

/**
 * From now on, command lines say which swarm their short names belong to, because they would mean other hosts where the
 * user is: `SWARMUP_SWARM=lab swarmup rm m`. undefined: they mean the same hosts. Set once for a command, by the code
 * that reads its words.
 */
export function nameSwarmInCommands(swarm: string | undefined): void {
  meant = swarm === undefined ? '' : `SWARMUP_SWARM=${swarm} `;
}

/**
 * A command line that a user can type, with its values quoted for a shell: `` swarmup`start ${name}` `` is
 * "swarmup start agent1". A test parses every one of them with the parser of its command.
 */
export function swarmup(line: TemplateStringsArray, ...values: readonly Word[]): string {
  const rest = values.map((value, i) => {
    const words = [value ?? []].flat().map((word) => quoteWord(String(word)));
    return { words: words.join(' '), text: line[i + 1] ?? '' };
  });
  // What is left out takes the space before it along.
  const join = (typed: string, { words, text }: { words: string; text: string }): string =>
    words === '' ? typed.trimEnd() + text : typed + words + text;
  return rest.reduce(join, `${meant}swarmup ${line[0] ?? ''}`);
}

/** The flag that names a swarm, when there is one and it is not the usual one. */
export const inSwarm = (swarm: string | null): readonly string[] =>
  swarm === null || swarm === 'default' ? [] : ['--swarm', swarm];
