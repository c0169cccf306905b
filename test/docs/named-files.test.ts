import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';

const root = join(import.meta.dirname, '..', '..');
const pages = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.md'))
  .map((file) => join('docs', file));

it.each([...pages, 'README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md'])('%s names files that exist', (page) => {
  const text = readFileSync(join(root, page), 'utf8');
  const tests = [...text.matchAll(/(?<![\w/])test\/[\w./-]+\.ts\b/g)].map(([file]) => file);
  const links = [...text.matchAll(/\]\((?!https?:|#)([^)#]+)[^)]*\)/g)].map(([, file = '']) =>
    join(dirname(page), file),
  );
  expect([...tests, ...links].filter((file) => !existsSync(join(root, file)))).toEqual([]);
});
