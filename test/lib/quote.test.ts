import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { quote, sh } from '../../src/lib/quote.js';
import { splitWords } from '../support/split-words.js';

const word = fc.string({ unit: 'grapheme' }).map((text) => text.replaceAll('\0', ''));
const specials = ["'", '"', '\\', '$', '`', '!', '*', '~', '#', '\n', ' ', '=', '-', 'a', ';'];
const shellLike = fc.string({ unit: fc.constantFrom(...specials) });
const words = fc.array(fc.oneof(word, shellLike), { maxLength: 8 });

function wordsSeenByShell(line: string): string[] {
  const out = execFileSync('/bin/sh', ['-c', `set -- ${line}\n[ $# = 0 ] || printf '%s\\0' "$@"`], {
    encoding: 'utf8',
  });
  return out.split('\0').slice(0, -1);
}

describe('quote', () => {
  it('makes a line that /bin/sh splits into the same words', () => {
    fc.assert(
      fc.property(words, (given) => {
        expect(wordsSeenByShell(quote(given))).toEqual(given);
      }),
      { numRuns: 150 },
    );
  });

  it('leaves plain words readable', () => {
    expect(quote(['docker', '-H', 'unix:///var/run/docker.sock', '--format={{.ID}}', 'a b'])).toBe(
      "docker -H unix:///var/run/docker.sock '--format={{.ID}}' 'a b'",
    );
  });

  it('never makes an assignment or a comment out of a command', () => {
    expect(wordsSeenByShell(quote(['=a', 'x=1', '~', '#no comment', '']))).toEqual([
      '=a',
      'x=1',
      '~',
      '#no comment',
      '',
    ]);
    expect(() => execFileSync('/bin/sh', ['-c', quote(['X=1'])], { stdio: 'pipe' })).toThrow(/X=1/);
  });

  it('is read back by splitWords of the tests', () => {
    fc.assert(
      fc.property(words, (given) => {
        expect(splitWords(quote(given))).toEqual(given);
      }),
    );
  });
});

describe('sh', () => {
  it('quotes values and leaves the script alone', () => {
    const line = sh`install -m ${600} ${"it's"} ${['a b', 'c']} | sed 's/\t/\\/'`;
    expect(line).toBe(String.raw`install -m 600 'it'\''s' 'a b' c | sed 's/\t/\\/'`);
  });
});
