import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..', '..');
const page = readFileSync(join(root, 'docs', 'from-docker-machine.md'), 'utf8');
const surface = readFileSync(join(root, 'test', 'commands', '__snapshots__', 'surface.test.ts.snap'), 'utf8');

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

/** Flags by command, as the snapshot of the surface has them. */
const commands = new Map<string, string>();
for (const block of surface.split(/\n(?=[a-z])/)) {
  const [head = '', ...flags] = block.replace(/^.*`\] = `\n"/s, '').split('\n');
  commands.set(head.replace(/ [[A-Z].*$/, ''), flags.join('\n'));
}

/** What a cell tells to type: command words and flags. */
function typedIn(cell: string): readonly { readonly command: string; readonly flags: readonly string[] }[] {
  return [...cell.matchAll(/`swarmup ([^`]+)`/g)].map(([, line = '']) => {
    const words = line.split(' ');
    const flags = words.filter((word) => word.startsWith('--'));
    const plain = words.filter((word) => /^[a-z-]+$/.test(word) && !word.startsWith('-'));
    const command = [plain.slice(0, 2).join(' '), plain[0] ?? ''].find((name) => commands.has(name));
    return { command: command ?? line, flags };
  });
}

const supported = [...rowsOf('Commands'), ...rowsOf('Flags of commands')].filter(([, , status]) => status !== 'no');

describe('docs/from-docker-machine.md', () => {
  it('has a row for every command of docker-machine', () => {
    const old =
      'active config create env help inspect ip kill ls mount provision regenerate-certs restart rm scp ssh start status stop upgrade url version';
    expect(
      rowsOf('Commands')
        .map(([cell]) => cell?.replaceAll('`', ''))
        .sort(),
    ).toEqual(old.split(' ').sort());
  });

  it.each(supported)('%s: %s is there', (_, cell = '') => {
    for (const { command, flags } of typedIn(cell)) {
      if (command.startsWith('--')) continue;
      expect([...commands.keys()]).toContain(command);
      for (const flag of flags) expect(commands.get(command), `${command} ${flag}`).toMatch(new RegExp(`${flag}\\b`));
    }
  });

  it('tells of each of the 25 pains, with tests that exist', () => {
    const rows = rowsOf('The 25 pains');
    expect(rows.map(([number]) => Number(number))).toEqual(Array.from({ length: 25 }, (_, i) => i + 1));
    const tests = rows.map(([, , , test = '']) => test).filter((test) => test !== '-');
    expect(tests.filter((test) => !existsSync(join(root, test)))).toEqual([]);
    expect(tests.length).toBeGreaterThan(20);
  });
});
