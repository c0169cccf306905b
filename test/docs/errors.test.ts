import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { errorCatalogue } from '../../src/lib/error-catalogue/error-catalogue.js';
import type { ErrorEntry } from '../../src/lib/error-catalogue/error-entry.js';
import { sourceFiles, sourceText } from '../support/source-imports.js';
import { errorPage, formsOf } from './error-page.js';
import { errorSites } from './error-sites.js';

const root = join(import.meta.dirname, '..', '..');
const entries = errorCatalogue.flatMap(({ codes }) => Object.entries<ErrorEntry>(codes));
const codes = entries.map(([code]) => code);
/** What a service refers to: `operations/services/` puts the code together of its kind. */
const references = ['NETWORK_UNKNOWN', 'SECRET_UNKNOWN', 'CONFIG_UNKNOWN'];
const sites = errorSites().flatMap((site) =>
  site.code === '*_UNKNOWN' ? references.map((code) => ({ ...site, code })) : [site],
);

/** What a message with `<name>` for its values can be, also with a place and a path of a file before it. */
const pattern = (form: string): RegExp =>
  new RegExp(
    `^(?:\\S+:\\d+:\\d+: (?:[\\w.]+: )?)?${form
      .split(/<[^<>]+>/)
      .map((text) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`))
      .join('[^]*')}$`,
  );

describe('the catalogue of error codes', () => {
  it('has every code once', () => {
    expect(codes.filter((code, i) => codes.indexOf(code) !== i)).toEqual([]);
  });

  it('has every code that src/ raises', () => {
    const unknown = sites.filter(({ code }) => !codes.includes(code));
    expect(unknown.map(({ code, file }) => `${code} of ${file}`)).toEqual([]);
  });

  it('has no code that nothing raises any more', () => {
    expect(codes.filter((code) => !sites.some((site) => site.code === code))).toEqual([]);
  });

  it('has the exit codes with which they are raised', () => {
    const wrong = sites.filter(({ code, exitCode }) => {
      const known = entries.find(([name]) => name === code)?.[1].exits;
      return exitCode !== undefined && known?.includes(exitCode) !== true;
    });
    expect(wrong.map(({ code, exitCode, file }) => `${code}: ${String(exitCode)} in ${file}`)).toEqual([]);
  });

  it('says meaning and remedy in full sentences, and has an example of each', () => {
    const isSentence = (text: string): boolean => /^[\w~/`-].*[.]$/.test(text) && !/ {2}|\.{2}/.test(text);
    const odd = entries.filter(([, { meaning, remedy }]) => !isSentence(meaning) || !isSentence(remedy));
    expect(odd.map(([code]) => code)).toEqual([]);
    expect(errorPage()).not.toMatch(/^ {4}$/m);
  });

  it('shows messages as the places that raise them have them, with values as users see them', () => {
    const invented = entries.filter(([code, { example }]) => {
      const forms = formsOf(code).filter((form) => form !== '<…>');
      // Elsewhere the text alone does not tell.
      const isWhole = forms.length > 0 && sites.every((site) => site.code !== code || site.message !== undefined);
      return example !== undefined && isWhole && !forms.some((form) => pattern(form).test(example));
    });
    expect(invented.map(([code, { example }]) => `${code}: ${example ?? ''}`)).toEqual([]);
    expect(entries.filter(([, { example, values }]) => example !== undefined && values !== undefined)).toEqual([]);
    expect(errorPage().match(/^ {4}.*<[^>]*>.*$/gm) ?? []).toEqual([]);
  });

  it('names commands and flags that there are', () => {
    const text = entries.map(([, { meaning, remedy }]) => `${meaning} ${remedy}`).join('\n');
    const isCommand = (words: readonly string[]): boolean =>
      existsSync(join(root, 'src', 'commands', `${words.join('/')}.ts`));
    const commands = [...text.matchAll(/`swarmup ([a-z][a-z-]*)(?: ([a-z][a-z-]*))?[^`]*`/g)];
    const ofDrivers = ['aws policy', 'aws check', 'aws allow'];
    const unknown = commands.filter(
      ([, first = '', second = '']) =>
        !isCommand([first, second]) && !isCommand([first]) && !ofDrivers.includes(`${first} ${second}`),
    );
    expect(unknown.map(([words]) => words)).toEqual([]);
    expect(commands.length).toBeGreaterThan(80);
    const sources = sourceFiles.map(sourceText).join('\n');
    const flags = [...text.matchAll(/--([a-z][a-z-]+)/g)].map(([, flag = '']) => flag);
    const isFlag = (flag: string): boolean =>
      new RegExp(
        `['"]?\\b${flag.replace(/^(?:aws|docker|virtualbox)-/, '')}['"]?:|--${flag}\\b(?=[^]*'--${flag})`,
      ).test(sources);
    expect([...new Set(flags)].filter((flag) => !isFlag(flag))).toEqual([]);
  });

  it('is the page docs/errors.md, which npm run docs:errors writes', () => {
    expect(readFileSync(join(root, 'docs', 'errors.md'), 'utf8')).toBe(errorPage());
  });
});

it('the search for codes finds what is hidden in conditions, variables and tables', () => {
  const codesOf = (file: string): readonly string[] =>
    sites.filter((site) => site.file === file).map(({ code }) => code);
  expect(codesOf('bootstrap/install-by-script.ts')).toEqual(
    expect.arrayContaining(['ENGINE_INSTALL_FAILED', 'INSTALL_SCRIPT_UNUSABLE']),
  );
  expect(codesOf('operations/access/swarm-access.ts')).toEqual(
    expect.arrayContaining(['IN_NO_SWARM', 'MANAGER_LOCKED']),
  );
  expect(codesOf('drivers/virtualbox/tool/failures.ts')).toContain('VM_LOCKED');
  expect(codesOf('lib/engine-client.ts')).toContain('ENGINE_*');
});
