import { group, convertKeys, key } from './keys.js';
import { shellWords } from './go-text.js';
import { imageReference } from './image-reference.js';
import { integer, joined, list, nullablePairs, type Shape, text, texts, type Keys } from './shape.js';

export const image: Shape<string> = {
  read: (value, at) => {
    const filled = text.read(value, at);
    if (filled === '' || imageReference(filled) !== undefined) return filled;
    const hint = /[A-Z]/.test(filled) ? ['the name of an image must be in lower-case letters'] : [];
    return at.fail(`'${filled}' is not a valid name for an image`, ...hint);
  },
  merge: text.merge,
};

/** A command: a text is split as a shell would. A later file replaces it as a whole. */
export const words: Shape<string[]> = {
  read: (value, at) => {
    if (typeof value !== 'string') return list(text, { unique: false }).read(value, at);
    try {
      return shellWords(at.fill(value));
    } catch (error) {
      return at.fail(error instanceof Error ? error.message : String(error));
    }
  },
  merge: (below, above) => (above.length > 0 ? above : below),
};

/** `HOST:ADDRESS`, as a list or a map. */
export const hosts: Shape<string[]> = {
  read: (value, at) => {
    const all = Array.isArray(value)
      ? texts.read(value, at).map((line) => line.replace(/^([^=:]*)[=:]/, '$1:'))
      : Object.entries(nullablePairs.read(value, at))
          .flatMap(([host, address]) => (address === null ? [] : [`${host}:${address}`]))
          .sort();
    return all.map((line) => line.replace(/^([^:]*):\[(.*)\]$/, '$1:$2'));
  },
  merge: joined,
};

export interface Limit {
  Soft: number;
  Hard: number;
}

const limitKeys = {
  soft: key(integer('cast'), (soft: number, to: Limit) => {
    to.Soft = soft;
  }),
  hard: key(integer('cast'), (hard: number, to: Limit) => {
    to.Hard = hard;
  }),
} satisfies Keys<Limit>;

/** One number is both. */
export const limit: Shape<Limit> = {
  read: (value, at) => {
    if (typeof value !== 'object') {
      const both = integer('cast').read(value, at);
      return { Soft: both, Hard: both };
    }
    const made = { Soft: 0, Hard: 0 };
    convertKeys(limitKeys, group(limitKeys, { required: ['soft', 'hard'] }).read(value, at), made);
    return made;
  },
  merge: (_, above) => above,
  keys: limitKeys,
};

const capability = (name: string): string => {
  const upper = name.trim().toUpperCase();
  return upper === 'ALL' || upper === 'RESET' || upper.startsWith('CAP_') ? upper : `CAP_${upper}`;
};

/** Sorted, without the entries of `except`; ALL means all. */
export function capabilities(given: readonly string[], except: readonly string[] = []): string[] {
  const all = [...new Set(given.map(capability))].filter((name) => name !== 'RESET').sort();
  return all.includes('ALL') ? (except.includes('ALL') ? [] : ['ALL']) : all.filter((name) => !except.includes(name));
}

export const restart: Shape<string> = {
  read: (value, at) => {
    const filled = text.read(value, at);
    const known = /^(?:|no|always|unless-stopped|on-failure)(?::-?\d*)?$/.test(filled) && !filled.startsWith(':');
    return known
      ? filled
      : at.fail(
          `'${filled}' is not a restart policy`,
          'the restart policies are no, always, unless-stopped and on-failure[:N]',
        );
  },
  merge: text.merge,
};
