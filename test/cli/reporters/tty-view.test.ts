import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { ProgressRows } from '../../../src/cli/reporters/progress-rows.js';
import { ttyView } from '../../../src/cli/reporters/tty-view.js';
import { fakeIo } from '../../support/fake-io.js';
import { reportCreate } from './events.js';

const tty = { tty: ['stdin', 'stdout', 'stderr'] as const, env: { NO_COLOR: '1' } };

/** What is on the screen at the end: what was drawn after the cursor last went back up. */
function lastScreen(written: string): string {
  const drawn = written.split(/(?:\u001b\[2K\u001b\[1A)+\u001b\[2K\u001b\[G/);
  return stripVTControlCharacters(drawn.at(-1) ?? '');
}

describe('ttyView', () => {
  it('draws a line per host and per step without one, and keeps the notes', async () => {
    const io = fakeIo({ ...tty, tty: [...tty.tty] });
    let clock = 0;
    const view = ttyView(io, () => (clock += 500));
    reportCreate(view.report);
    await view.close();
    expect(io.err().startsWith('driver docker (named by --driver)\n')).toBe(true);
    expect(lastScreen(io.err()).replaceAll(/\d+\.\ds/g, 'N.Ns')).toMatchInlineSnapshot(`
      "✔ manager           N.Ns  done
      ✖ a1                N.Ns  create host: a1: ssh refused the key
      ✔ init the swarm    N.Ns  nothing to change

      › Warning: two managers survive no loss
          → use three

      "
    `);
    expect(io.out()).toBe('');
  });

  it('ends with rows that never ended', async () => {
    const io = fakeIo({ ...tty, tty: [...tty.tty] });
    const view = ttyView(io, () => 0);
    view.report({ type: 'plan', steps: [{ id: 'a/x', host: 'a', title: 'x' }] });
    view.report({ type: 'step-started', step: 'a/x', host: 'a', title: 'x' });
    await view.close();
    expect(lastScreen(io.err())).toContain('a    0.0s  x');
  });

  it('draws a second plan after the first', async () => {
    const io = fakeIo({ ...tty, tty: [...tty.tty] });
    const view = ttyView(io, () => 0);
    for (const host of ['a', 'b']) {
      view.report({ type: 'plan', steps: [{ id: `${host}/x`, host, title: 'x' }] });
      view.report({ type: 'step-started', step: `${host}/x`, host, title: 'x' });
      view.report({ type: 'step-done', step: `${host}/x`, host, title: 'x', elapsedMs: 1, unchanged: false });
    }
    await view.close();
    const text = stripVTControlCharacters(io.err());
    expect(text).toContain('✔ a    0.0s  done');
    expect(text).toContain('✔ b    0.0s  done');
  });

  it('leaves signals alone', async () => {
    const before = process.listenerCount('SIGINT');
    const view = ttyView(fakeIo({ ...tty, tty: [...tty.tty] }), () => 0);
    reportCreate(view.report);
    await view.close();
    expect(process.listenerCount('SIGINT')).toBe(before);
  });
});

describe('ProgressRows', () => {
  const steps = [
    { id: 'a/1', host: 'a', title: 'one' },
    { id: 'a/2', host: 'a', title: 'two' },
  ];

  it('tells what a host does and for how long', () => {
    let clock = 1000;
    const rows = new ProgressRows(steps, () => clock);
    const text = (): string | undefined => rows.rows[0]?.text();
    expect(text()).toBe('a          waiting');
    rows.take({ type: 'step-started', step: 'a/1', host: 'a', title: 'one' });
    clock = 2500;
    expect(text()).toBe('a    1.5s  one');
    rows.take({ type: 'step-detail', step: 'a/1', host: 'a', message: 'half' });
    expect(text()).toBe('a    1.5s  one: half');
    rows.take({ type: 'step-done', step: 'a/1', host: 'a', title: 'one', elapsedMs: 1, unchanged: true });
    expect(text()).toBe('a    1.5s  …');
    rows.take({ type: 'step-started', step: 'a/2', host: 'a', title: 'two' });
    expect(rows.rows[0]?.ended).toBe(false);
    rows.take({ type: 'step-done', step: 'a/2', host: 'a', title: 'two', elapsedMs: 1, unchanged: true });
    clock = 9000;
    expect(rows.rows[0]).toMatchObject({ ended: true, state: 'done' });
    expect(text()).toBe('a    1.5s  nothing to change');
  });

  it('a failure stays the host’s last word', () => {
    const rows = new ProgressRows(steps, () => 0);
    const error = { code: 'X', message: 'no', hints: [], exitCode: 1 };
    rows.take({ type: 'step-failed', step: 'a/1', host: 'a', title: 'one', elapsedMs: 1, error });
    rows.take({ type: 'step-skipped', step: 'a/2', host: 'a', reason: 'a/1 did not succeed' });
    expect(rows.rows[0]).toMatchObject({ ended: true, state: 'failed' });
    expect(rows.rows[0]?.text()).toContain('one: no');
    expect(rows.take({ type: 'step-skipped', step: 'b/9', reason: 'x' })).toBeUndefined();
  });
});
