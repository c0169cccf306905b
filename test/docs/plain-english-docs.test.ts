import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { patternsToAvoid } from './patterns-to-avoid.js';

const root = join(import.meta.dirname, '..', '..');
const readPage = (page: string): string => readFileSync(join(root, page), 'utf8');

/** errors.md comes from src/lib/error-catalogue/, and style.md names the patterns. */
const left = ['errors.md', 'style.md'];
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
      Object.entries(patternsToAvoid)
        .filter(([, pattern]) => pattern.test(line))
        .map(([phrase]) => `${page}:${String(index + 1)}: ${phrase}: ${line}`),
    );
    expect(found).toEqual([]);
  });

  it.each(Object.entries(patternsToAvoid))('docs/style.md has a better form for "%s"', (phrase, pattern) => {
    expect(pattern.test(phrase)).toBe(true);
    const section = readPage('docs/style.md').split('## Patterns to avoid')[1] ?? '';
    const rows = section.split('\n').map((line) => line.split('|').map((cell) => cell.trim()));
    const row = rows.find(([, phrases = '']) => phrases.split(', ').includes(phrase));
    expect(row?.[3]).toMatch(/./);
  });
});
