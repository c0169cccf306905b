import { usageError } from '../lib/errors.js';
import { fullName, nameWithin, ownName, placeOfHost } from './names.js';

/**
 * The host that a word of a command line names, as a store opened for `scope` calls it: `agent1.lab` is that of swarm
 * lab; `agent1` is that of the scope, else the only host of that name. A word that names no host stays as it is, for
 * the operation to refuse. `names` are those of the store. Pure. Errors: HOST_AMBIGUOUS (exit 2).
 */
export function hostMeantBy(word: string, names: readonly string[], scope: string): string {
  const place = placeOfHost(word, scope);
  if (place === undefined) return word;
  const exact = nameWithin(place, scope);
  if (names.includes(exact)) return exact;
  const [only, ...others] = word.includes('.') ? [] : names.filter((name) => ownName(name) === word);
  if (only === undefined) return word;
  if (others.length === 0) return only;
  const candidates = [only, ...others].map((name) => fullName(placeOfHost(name, scope) ?? place));
  throw usageError(
    'HOST_AMBIGUOUS',
    `there are ${candidates.length} hosts named ${word}: ${candidates.join(', ')}`,
    'give the full name of the host that you mean',
    'or change to the folder of its lab, or set SWARMUP_SWARM to its swarm',
  );
}
