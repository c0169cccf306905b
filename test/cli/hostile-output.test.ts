import { describe, expect, it } from 'vitest';
import { SwarmupError } from '../../src/lib/errors.js';
import { printable, printableLine, printableOutput } from '../../src/lib/printable.js';
import type { Reporter } from '../../src/lib/progress-event.js';
import { reportFailure } from '../../src/cli/failure.js';
import { eventLine } from '../../src/cli/render/event-line.js';
import { jsonText } from '../../src/cli/render/json-text.js';
import { table } from '../../src/cli/render/table.js';
import { linesView } from '../../src/cli/reporters/lines-view.js';
import { ProgressRows } from '../../src/cli/reporters/progress-rows.js';
import { ttyView } from '../../src/cli/reporters/tty-view.js';
import { fakeIo } from '../support/fake-io.js';
import { sourceFiles, sourceText } from '../support/source-imports.js';

/** OSC 52 (clipboard), a cursor move, C1, DEL, an override of the direction, a line separator. */
const hostile = '\u001B]52;c;aGk=\u0007\u001B[2A\u009B2J\u007F\u202Eevil\u2028';

const control = /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u2028-\u202E\u2066-\u2069]/u;

describe('what others wrote', () => {
  it('is made visible', () => {
    expect(printableLine('a\u001B[2A\nb\tc')).toBe(String.raw`a\u001b[2A\u000ab\u0009c`);
    expect(printable('a\nb\u009B')).toBe('a\nb\\u009b');
    expect(printableOutput('\u001B[1;31mred\u001B[0m \u001B[8mhidden')).toBe(
      '\u001B[1;31mred\u001B[0m \\u001b[8mhidden',
    );
    expect(printableLine('größe 大 👩‍🚀')).toBe('größe 大 👩‍🚀');
  });

  it('cannot forge a row of a table, an event or a line of progress', () => {
    expect(table(['NAME'], [[`${hostile}\nforged`]]).split('\n')).toHaveLength(3);
    const io = fakeIo();
    const event = { time: 't', level: 'info', host: hostile, kind: 'k', message: `${hostile}\nforged` } as const;
    expect(eventLine(io, event as never)).toMatch(/^[^\n]*\n$/);
    const rows = new ProgressRows([{ id: 's', title: `${hostile}\nforged` }], () => 0);
    expect(rows.rows.map((row) => row.text()).join('')).not.toMatch(/[\n\u001B]/u);
  });

  it('reaches no renderer or reporter as a control character', () => {
    const io = fakeIo();
    const told: Parameters<Reporter>[0] = { type: 'warning', host: hostile, message: hostile, hints: [hostile] };
    for (const view of [linesView(io), ttyView(io)]) view.report(told);
    reportFailure(io, new SwarmupError('X', hostile, { hints: [hostile] }), { json: false, debug: false });
    reportFailure(io, new SwarmupError('X', hostile, { hints: [hostile] }), { json: true, debug: false });
    expect(io.err() + io.out() + table([''], [[hostile]])).not.toMatch(control);
  });

  it('keeps its value in JSON', () => {
    expect(jsonText({ hostile })).not.toMatch(control);
    expect(JSON.parse(jsonText({ hostile }))).toEqual({ hostile });
  });
});

it('only these files write to a stream; everything else goes through print and say of the process', () => {
  const writers = sourceFiles.filter((file) =>
    /io\.(stdout|stderr)(?!\.columns)\b|process\.(stdout|stderr)|console\.(log|error|warn)|writeSync\(/.test(
      sourceText(file),
    ),
  );
  // A session of ssh is raw, as that of OpenSSH; the list and the prompts are given clean texts; status clears.
  const names = writers.map((file) => file.replace(/^src\//, '')).filter((file) => /^(cli|commands)\//.test(file));
  expect(names.sort()).toEqual([
    'cli/command-io.ts',
    'cli/prompts.ts',
    'cli/reporters/stderr-list.ts',
    'cli/ssh-session.ts',
    'commands/status.ts',
  ]);
});
