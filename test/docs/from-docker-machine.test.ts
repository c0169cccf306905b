import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { virtualBoxDeclaration } from '../../src/drivers/virtualbox/declaration.js';
import { awsDeclaration } from '../../src/drivers/aws/declaration.js';
import type { OptionDeclaration } from '../../src/drivers/driver.js';
import { hostListing } from '../../src/cli/render/host-table.js';
import { listView } from '../../src/cli/render/listing.js';
import { dockerMachine } from './docker-machine-surface.js';

const root = join(import.meta.dirname, '..', '..');
const page = readFileSync(join(root, 'docs', 'from-docker-machine.md'), 'utf8');
/** What the commands really have: test/commands/surface.test.ts holds the two together. */
const surface = readFileSync(join(root, 'test', 'commands', '__snapshots__', 'surface.test.ts.snap'), 'utf8');

const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => readFileSync(join(root, 'src', file), 'utf8'))
  .join('\n');

/** The cells of the tables below a heading, without their heads. */
function rowsOf(heading: string): readonly (readonly string[])[] {
  const section = page.split(/^## /m).find((part) => part.startsWith(heading)) ?? '';
  const rows = section.split('\n').filter((line) => line.startsWith('|'));
  return rows.slice(2).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

/** Operands and flags by command. */
const commands = new Map<string, { readonly operands: string; readonly flags: string }>();
for (const block of surface.split(/\n(?=[a-z])/)) {
  const [head = '', ...flags] = block.replace(/^.*`\] = `\n"/s, '').split('\n');
  const [, name = head, operands = ''] = /^(.*?)(?: ([[A-Z].*))?$/.exec(head) ?? [];
  commands.set(name, { operands, flags: flags.join('\n') });
}

/** What a cell tells to type: command words and flags. */
function typedIn(cell: string): readonly { readonly command: string; readonly flags: readonly string[] }[] {
  return [...cell.matchAll(/`swarmup ([^`]+)`/g)].map(([, line = '']) => {
    const words = line.split(' ');
    const flags = words.filter((word) => word.startsWith('-') && word !== '--');
    const plain = words.filter((word) => /^[a-z-]+$/.test(word) && !word.startsWith('-'));
    const command = [plain.slice(0, 2).join(' '), plain[0] ?? ''].find((name) => commands.has(name));
    return { command: command ?? line, flags };
  });
}

/** `create --engine-opt`, `--engine-label` is about two flags of create; without a command they are global. */
function flagRows(): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, readonly string[]>();
  for (const row of rowsOf('Flags of commands')) {
    let command = '';
    for (const [, text = ''] of (row[0] ?? '').matchAll(/`([^`]+)`/g)) {
      const words = text.split(' ');
      if (words.length > 1) command = words.slice(0, -1).join(' ');
      found.set(`${command} ${words.at(-1) ?? ''}`.trim(), row);
    }
  }
  return found;
}

const supported = [
  ...rowsOf('Commands'),
  ...rowsOf('Flags of commands'),
  ...rowsOf('Flags of the driver virtualbox'),
  ...rowsOf('Flags of the driver amazonec2'),
].filter(([, , status]) => status !== 'no');
const flags = [
  ...dockerMachine.global.map((flag) => ['', flag] as const),
  ...Object.entries(dockerMachine.commands).flatMap(([command, own]) => own.map((flag) => [command, flag] as const)),
];

describe('docs/from-docker-machine.md', () => {
  it('has a row for every command of docker-machine', () => {
    expect(
      rowsOf('Commands')
        .map(([cell]) => cell?.replaceAll('`', ''))
        .sort(),
    ).toEqual(Object.keys(dockerMachine.commands).sort());
  });

  it.each(flags)('has a row for %s %s, which is the same, or says what instead and why', (command, flag) => {
    const [name = '', short] = flag.split(' ');
    const row = flagRows().get(`${command} ${name}`.trim());
    expect(row, `${command} ${name}`).toBeDefined();
    const [, ours = '', status, note = ''] = row ?? [];
    expect(['yes', 'differs', 'no']).toContain(status);
    if (status !== 'yes') expect(note).not.toBe('');
    if (status === 'no') expect(ours).toBe('');
    if (status !== 'yes' || command === '') return;
    // The same name and the same short form.
    const has = commands.get(command)?.flags ?? '';
    if (name.startsWith('--')) expect(has).toMatch(new RegExp(`${name}( |$)`, 'm'));
    const char = name.startsWith('--') ? short : name;
    if (char !== undefined) expect(has).toMatch(new RegExp(`^ *${char}, `, 'm'));
  });

  it.each(Object.entries(dockerMachine.amazonec2))(
    'has a row for --amazonec2-%s and its variable, which work, or says what instead',
    (flag, variable) => {
      const row = rowsOf('Flags of the driver amazonec2').find(([names]) => names?.includes(`\`--amazonec2-${flag}\``));
      const [, ours = '', status, note = ''] = row ?? expect.fail(`no row for ${flag}`);
      if (status !== 'yes') expect(note).not.toBe('');
      if (status === 'no') expect(ours).toBe('');
      const [, option = ''] = /--aws-([a-z-]+)/.exec(ours) ?? [];
      const declared = Object.entries<OptionDeclaration>(awsDeclaration.options).find(([name]) => name === option)?.[1];
      if (variable !== '' && declared?.env !== variable) expect(note).toContain(variable);
    },
  );

  it.each(Object.entries(dockerMachine.virtualbox))(
    'has a row for --virtualbox-%s, which works with its variable, or says what instead',
    (flag, variable) => {
      const row = rowsOf('Flags of the driver virtualbox').find(([names]) =>
        names?.includes(`\`--virtualbox-${flag}\``),
      );
      const [, ours = '', status, note = ''] = row ?? expect.fail(`no row for ${flag}`);
      if (status !== 'yes') expect(note).not.toBe('');
      if (status === 'no') expect(ours).toBe('');
      const declared = Object.entries<OptionDeclaration>(virtualBoxDeclaration.options).find(([name]) => name === flag);
      if (status === 'yes') expect(declared?.[1].env).toBe(variable);
    },
  );

  it.each(dockerMachine.variables)('has a row for the variable %s, which is read, or says what instead', (variable) => {
    const row = rowsOf('Variables').find(([names]) => names?.includes(`\`${variable}\``));
    const [, ours = '', status, note = ''] = row ?? expect.fail(`no row for ${variable}`);
    if (status === 'no') expect([ours, note]).toEqual(['', expect.stringMatching(/./)]);
    const read = status === 'yes' ? variable : /`(\w+)`/.exec(ours)?.[1];
    if (status !== 'no') expect(sources).toMatch(new RegExp(`'${String(read)}'`));
  });

  it('is about no flag that docker-machine never had', () => {
    const known = flags.map(([command, flag]) => `${command} ${flag.split(' ')[0] ?? ''}`.trim());
    expect([...flagRows().keys()].filter((key) => !known.includes(key))).toEqual([]);
  });

  it.each(supported)('%s: %s is there', (_, cell = '') => {
    for (const { command, flags: typed } of typedIn(cell)) {
      if (command.startsWith('-')) continue;
      expect([...commands.keys()]).toContain(command);
      for (const flag of typed)
        expect(commands.get(command)?.flags, `${command} ${flag}`).toMatch(
          new RegExp(`--(\\[no-\\])?${flag.slice(2)}\\b|^ *${flag}\\b`, 'm'),
        );
    }
  });

  it.each(dockerMachine.defaultName)('%s needs no name', (command) => {
    // The place of mount names its machine, and without one means the host default.
    if (command !== 'mount') expect(commands.get(command)?.operands).toMatch(/^\[NAME(\.\.\.)?\]$/);
  });

  it.each(dockerMachine.filters)('ls --filter %s=x is understood', (key) => {
    expect(() => listView(hostListing, { quiet: false, filter: [`${key}=x`] })).not.toThrow();
  });

  it('tells of each of the 25 pains, with tests that exist', () => {
    const rows = rowsOf('The 25 pains');
    expect(rows.map(([number]) => Number(number))).toEqual(Array.from({ length: 25 }, (_, i) => i + 1));
    const tests = rows.map(([, , , test = '']) => test);
    expect(tests.filter((test) => !/^test\/\S+\.test\.ts$/.test(test) || !existsSync(join(root, test)))).toEqual([]);
    expect(rows.filter(([, pain, how]) => pain === '' || how === '')).toEqual([]);
  });
});
