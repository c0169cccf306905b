import fc from 'fast-check';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { labOf } from '../../src/lab/lab.js';
import { extendedFiles, readManifest } from '../../src/lab/read-manifest.js';
import { SwarmupError } from '../../src/lib/errors.js';
import { classic, schema } from './lab-text.js';

const surrogates = { first: 0xd800, length: 0x800 };

/** Together the properties read a hundred thousand inputs. */
const runs = (share: number): { readonly numRuns: number } => ({ numRuns: 100_000 * share });
const folder = join(import.meta.dirname, '..', '..', 'templates', 'labs');
const seeds = [classic, ...readdirSync(folder).map((name) => readFileSync(join(folder, name, 'swarmup.yaml'), 'utf8'))];

/** Whatever is read is a lab or a usage error; anything else is a bug, and so is one that names no place. */
function isHandled(text: string): boolean {
  extendedFiles(text);
  try {
    const source = { path: 'swarmup.yaml', text };
    labOf(readManifest([source], { HOME: '/home/me' }, schema), [source]);
    return true;
  } catch (error) {
    return error instanceof SwarmupError && error.exitCode === 2 && error.message.includes('swarmup.yaml');
  }
}

const fragments = [
  'version: 1',
  'name:',
  'pools:',
  '  ',
  '- ',
  '{',
  '}',
  '[',
  ']',
  '&a',
  '*a',
  '<<:',
  '!!',
  '|',
  '>',
  '"',
  "'",
  '#',
  '\n',
  ': ',
  '? ',
  '%',
  '${',
  '}',
  '__proto__',
  'constructor',
  'role: manager',
  '\t',
  '\u0000',
  '\uFEFF',
  '---',
  '...',
  '0x',
  '1e999',
  '~',
  'null',
];

// Most inputs are refused; a third of the time went into the stacks of errors that nobody looks at. And the library asks
// the environment at each token, which a copy answers sooner.
const { stackTraceLimit } = Error;
const { env } = process;
beforeAll(() => {
  Error.stackTraceLimit = 0;
  process.env = { ...env };
});
afterAll(() => {
  Error.stackTraceLimit = stackTraceLimit;
  process.env = env;
});

describe('the reader of manifests neither crashes nor hangs', { timeout: 600_000 }, () => {
  it('on any text', () => {
    // Any code point; the library's own unit for that makes a table of all of them, which takes seconds.
    const unit = fc
      .integer({ min: 0, max: 0x10ffff - surrogates.length })
      .map((at) => String.fromCodePoint(at < surrogates.first ? at : at + surrogates.length));
    fc.assert(fc.property(fc.string({ unit, maxLength: 200 }), isHandled), runs(0.45));
  });

  it('on pieces of YAML in any order', () => {
    const text = fc.array(fc.constantFrom(...fragments), { maxLength: 40 }).map((parts) => parts.join(''));
    fc.assert(fc.property(text, isHandled), runs(0.4));
  });

  it('on any value', () => {
    const text = fc.jsonValue({ maxDepth: 4 }).map((value) => `version: 1\nname: x\npools: ${JSON.stringify(value)}\n`);
    fc.assert(fc.property(text, isHandled), runs(0.1));
  });

  it('on manifests in which something was cut out, doubled or replaced', () => {
    const damage = fc.record({
      seed: fc.constantFrom(...seeds),
      at: fc.double({ min: 0, max: 1, noNaN: true }),
      length: fc.nat(30),
      with: fc.oneof(fc.constant(''), fc.constantFrom(...fragments), fc.string({ maxLength: 5 })),
    });
    const damaged = damage.map(({ seed, at, length, with: put }) => {
      const start = Math.floor(at * seed.length);
      return seed.slice(0, start) + put + seed.slice(start + length);
    });
    fc.assert(fc.property(damaged, isHandled), runs(0.05));
  });

  it('on deep nesting and long lines', () => {
    for (const text of [
      '['.repeat(20_000),
      '{a: '.repeat(20_000),
      'a: '.repeat(3_000),
      `a: ${'x'.repeat(900_000)}`,
      ' '.repeat(2_000_000),
    ])
      expect(isHandled(text)).toBe(true);
  });
});
