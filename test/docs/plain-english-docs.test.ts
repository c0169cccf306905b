import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..', '..');
const readPage = (page: string): string => readFileSync(join(root, page), 'utf8');

/** Phrases as "Patterns to avoid" of docs/style.md lists them, and what finds each of them in prose. */
const patterns: Readonly<Record<string, RegExp>> = {
  'is no': /(?<!\bthere )\bis no\b(?! longer)/i,
  'by which': /\bby which\b/i,
  'of whose': /\b(of|in|by|with) whose\b/i,
  whoever: /\b(who|what|which)ever\b/i,
  nobody: /\b(nobody|somebody)\b/i,
  anew: /\banew\b/i,
  'take that back': /\b(take|takes|took) (it|that|them) back\b/i,
  'for the sake of': /\bfor the sake of\b/i,
  'some ten hosts': /\bsome (\d+|ten|twenty|thirty|fifty)\b/i,
  'goes on': /\b(go|goes|going|went) on\b/i,
  tells: /\b(tells|told)\b/i,
  'what else': /\bwhat (else|of|is there|was made)\b/i,
  'so many': /\bso many\b/i,
  'no more': /\bonce more\b|\bno more(?=[.,;:)]|$)/i,
};

/** errors.md comes from src/lib/error-catalogue/, style.md names the patterns, and json.md is not rewritten yet. */
const left = ['errors.md', 'json.md', 'style.md'];
const pages = [
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md') && !left.includes(file))
    .map((file) => join('docs', file)),
  'README.md',
  'ARCHITECTURE.md',
  'CONTRIBUTING.md',
];

/** The page without its blocks, whose text is that of programs: lines keep their numbers. */
const proseOf = (page: string): readonly string[] =>
  readPage(page)
    .replaceAll(/^```.*?^```/gms, (block) => block.replaceAll(/[^\n]/g, ''))
    .split('\n');

describe('plain English', () => {
  it.each(pages)('%s has none of the patterns to avoid', (page) => {
    const found = proseOf(page).flatMap((line, index) =>
      Object.entries(patterns)
        .filter(([, pattern]) => pattern.test(line))
        .map(([phrase]) => `${page}:${String(index + 1)}: ${phrase}: ${line}`),
    );
    expect(found).toEqual([]);
  });

  it.each(Object.entries(patterns))('docs/style.md has a better form for "%s"', (phrase, pattern) => {
    expect(pattern.test(phrase)).toBe(true);
    const section = readPage('docs/style.md').split('## Patterns to avoid')[1] ?? '';
    const rows = section.split('\n').map((line) => line.split('|').map((cell) => cell.trim()));
    const row = rows.find(([, phrases = '']) => phrases.split(', ').includes(phrase));
    expect(row?.[3]).toMatch(/./);
  });
});
