import { usageError } from '../lib/errors.js';
import { isName, maxLength, noSwarm } from './names.js';

/**
 * Checks the name of a host; `what` names another object with the same rule (`swarm`). Source: RFC 1123 §2.1 and RFC
 * 1035 §2.3.4 (a label of at most 63 letters, digits and hyphens). Errors: NAME_INVALID (exit 2) with the reason and a
 * valid name as a proposal.
 */
export function checkHostName(name: string, what: 'host' | 'swarm' = 'host'): void {
  if (isName(name) && !(what === 'swarm' && name === noSwarm)) return;
  const proposal = name === noSwarm ? undefined : proposeName(name);
  throw usageError(
    'NAME_INVALID',
    `${JSON.stringify(name)} is not a valid ${what} name: ${faultOf(name)}`,
    proposal === undefined ? `use a name like ${what === 'host' ? 'agent1' : 'default'}` : `use ${proposal}`,
  );
}

/** Errors: NAME_DUPLICATE (exit 2) when a name is there twice. */
export function checkDistinct(names: readonly string[]): void {
  const repeated = [...new Set(names.filter((name, index) => names.indexOf(name) !== index))];
  if (repeated.length === 0) return;
  throw usageError('NAME_DUPLICATE', `given more than once: ${repeated.join(', ')}`, 'give each name once');
}

function faultOf(name: string): string {
  if (name === noSwarm) return 'it stands for hosts outside any swarm';
  if (name === '') return 'the name is empty';
  const odd = [...new Set(name.match(/[^a-zA-Z0-9-]/gu) ?? [])];
  if (odd.length > 0) return `only letters, digits and hyphens are allowed, not ${odd.map(quoted).join(' ')}`;
  if (/[A-Z]/.test(name)) return 'only lower-case letters are allowed';
  if (name.startsWith('-') || name.endsWith('-')) return 'the name cannot begin or end with a hyphen';
  return `the name has ${name.length} characters, but only ${maxLength} are allowed`;
}

/** JSON escapes what a terminal would act on. */
const quoted = (character: string): string => JSON.stringify(character);

/** The nearest valid name; undefined when nothing of it is left. */
export function proposeName(name: string): string | undefined {
  const proposal = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-/, '')
    .slice(0, maxLength)
    .replace(/-$/, '');
  return proposal === '' ? undefined : proposal;
}
