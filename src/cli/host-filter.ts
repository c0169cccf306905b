import { usageError } from '../lib/errors.js';
import { nearest } from '../lib/nearest.js';
import type { HostRow } from '../operations/access/results.js';

const keys = {
  name: (row: HostRow, value: string) => new RegExp(value).test(row.name),
  driver: (row: HostRow, value: string) => row.driver === value,
  state: (row: HostRow, value: string) => row.state === value.toLowerCase(),
  swarm: (row: HostRow, value: string) => row.swarm === value,
  role: (row: HostRow, value: string) => row.role === value,
  label: (row: HostRow, value: string) => row.labels.includes(value),
} as const;

type Key = keyof typeof keys;

interface HostFilter {
  /** Whether a row is wanted; while only the store was asked, the state is not judged. */
  readonly filter: (row: HostRow, known: 'store' | 'all') => boolean;
  /** Drivers must be asked to answer it. */
  readonly needsState: boolean;
}

/**
 * `--filter` as docker-machine had it: the same key twice means one or the other, different keys mean both; `name`
 * is a regular expression, `label` is as `--engine-label` was given, `label=KEY=VALUE`. Errors: FILTER_INVALID (exit 2).
 */
export function compileFilter(filters: readonly string[]): HostFilter {
  const wanted = new Map<Key, string[]>();
  for (const filter of filters) {
    const [key, value] = parse(filter);
    wanted.set(key, [...(wanted.get(key) ?? []), value]);
  }
  return {
    needsState: wanted.has('state'),
    filter: (row, known) =>
      [...wanted].every(
        ([key, values]) => (key === 'state' && known === 'store') || values.some((value) => keys[key](row, value)),
      ),
  };
}

function parse(filter: string): readonly [Key, string] {
  const at = filter.indexOf('=');
  const key = filter.slice(0, Math.max(at, 0));
  const value = filter.slice(at + 1);
  if (at === -1 || value === '') throw invalid(`${JSON.stringify(filter)} is not KEY=VALUE`);
  if (!isKey(key)) {
    const [proposal] = nearest(key, Object.keys(keys));
    throw invalid(
      `there is no key ${JSON.stringify(key)}`,
      proposal === undefined ? '' : `did you mean ${proposal}=${value}?`,
    );
  }
  if (key === 'name') checkPattern(value);
  return [key, value];
}

const isKey = (key: string): key is Key => Object.hasOwn(keys, key);

function checkPattern(value: string): void {
  try {
    new RegExp(value);
  } catch {
    throw invalid(`${JSON.stringify(value)} is no regular expression`);
  }
}

function invalid(why: string, ...hints: string[]): Error {
  const known = `the keys are ${Object.keys(keys).join(', ')}; for example --filter state=running`;
  return usageError('FILTER_INVALID', `--filter: ${why}`, ...hints.filter((hint) => hint !== ''), known);
}
