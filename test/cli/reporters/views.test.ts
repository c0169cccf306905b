import { describe, expect, it } from 'vitest';
import { chooseView } from '../../../src/cli/reporters/choose-view.js';
import { jsonView } from '../../../src/cli/reporters/json-view.js';
import { linesView } from '../../../src/cli/reporters/lines-view.js';
import { planView } from '../../../src/cli/reporters/plan-view.js';
import { silentView } from '../../../src/cli/reporters/silent-view.js';
import { type FakeIoOptions, fakeIo } from '../../support/fake-io.js';
import { reportCreate } from './events.js';

const now = (): Date => new Date('2026-11-21T10:00:00.000Z');

describe('views that print lines', () => {
  it('lines', async () => {
    const io = fakeIo();
    const view = linesView(io, now);
    reportCreate(view.report);
    await view.close();
    expect(io.err()).toMatchSnapshot();
    expect(io.out()).toBe('');
  });

  it('json: each event is an object on a line', () => {
    const io = fakeIo();
    reportCreate(jsonView(io, now).report);
    const events = io
      .err()
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string; time: string });
    expect(events.map((event) => event.type)).toMatchInlineSnapshot(`
      [
        "info",
        "plan",
        "step-started",
        "step-started",
        "step-detail",
        "warning",
        "step-done",
        "step-started",
        "step-done",
        "step-started",
        "step-done",
        "step-failed",
        "step-skipped",
      ]
    `);
    expect(new Set(events.map((event) => event.time))).toEqual(new Set(['2026-11-21T10:00:00.000Z']));
    expect(io.out()).toBe('');
  });

  it('silent: warnings only', () => {
    const io = fakeIo();
    reportCreate(silentView(io).report);
    expect(io.err()).toBe('Warning: two managers survive no loss\n  → use three\n');
  });

  it('plan: the steps of a dry run', () => {
    const io = fakeIo();
    reportCreate(planView(io).report);
    expect(io.err()).toMatchInlineSnapshot(`
      "driver docker (named by --driver)
      manager: create host
      manager: join the swarm
      a1: create host
      a1: join the swarm
      init the swarm
      Warning: two managers survive no loss
        → use three
      "
    `);
  });
});

describe('chooseView', () => {
  const none = { json: false, quiet: false, debug: false, dryRun: false };
  /** What a view makes of one step tells which it is. */
  const kindOf = (options: FakeIoOptions, choice: Partial<typeof none> = {}): string => {
    const io = fakeIo(options);
    const { report } = chooseView(io, { ...none, ...choice });
    report({ type: 'step-started', step: 's', title: 'look' });
    report({ type: 'info', message: 'hello' });
    const text = io.err();
    if (text === '') return 'silent';
    if (text.startsWith('{')) return 'json';
    if (/^\d\d:\d\d:\d\d look …\n/.test(text)) return 'lines';
    return text === 'hello\n' ? 'plan or live' : text;
  };
  const tty: FakeIoOptions = { tty: ['stdin', 'stdout', 'stderr'], env: { NO_COLOR: '1' } };

  it.each<[string, FakeIoOptions, Partial<typeof none>, string]>([
    ['a terminal', tty, {}, 'plan or live'],
    ['stderr is a file', { ...tty, tty: ['stdin', 'stdout'] }, {}, 'lines'],
    ['stdout is a file', { ...tty, tty: ['stderr'] }, {}, 'plan or live'],
    ['CI', { ...tty, env: { CI: 'true' } }, {}, 'lines'],
    ['a dumb terminal', { ...tty, env: { TERM: 'dumb' } }, {}, 'lines'],
    ['--debug', tty, { debug: true }, 'lines'],
    ['--json', tty, { json: true }, 'json'],
    ['--quiet', tty, { quiet: true }, 'silent'],
    ['--quiet --json', tty, { quiet: true, json: true }, 'silent'],
    ['--dry-run', {}, { dryRun: true }, 'plan or live'],
    ['--dry-run --json', {}, { dryRun: true, json: true }, 'json'],
  ])('%s', (_, options, choice, kind) => {
    expect(kindOf(options, choice)).toBe(kind);
  });
});
