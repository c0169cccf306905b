import { describe, expect, it } from 'vitest';
import { wantsDebug, wantsJson } from '../../src/cli/command-line.js';
import { reportFailure } from '../../src/cli/failure.js';
import { SwarmupError } from '../../src/lib/errors.js';
import { exitCodes } from '../../src/lib/exit-codes.js';
import { fakeIo } from '../support/fake-io.js';

const plain = { json: false, debug: false };
const json = { json: true, debug: false };

describe('reportFailure', () => {
  it.each(Object.entries(exitCodes).filter(([name]) => name !== 'ok'))(
    'exit code of %s: %d in both modes',
    (_, exitCode) => {
      const error = new SwarmupError('SOME', 'agent1 is unwell', { exitCode, hints: ['do this'], host: 'agent1' });
      const [text, machine] = [fakeIo(), fakeIo()];
      expect(reportFailure(text, error, plain)).toBe(exitCode);
      expect(reportFailure(machine, error, json)).toBe(exitCode);
      expect([text.out(), text.err()]).toEqual(['', 'Error: agent1 is unwell\n  → do this\n']);
      expect(machine.err()).toBe('');
      const told = { code: 'SOME', message: 'agent1 is unwell', hints: ['do this'], exitCode, host: 'agent1' };
      expect(JSON.parse(machine.out())).toEqual({ error: told });
    },
  );

  it('says that anything else is a bug, without a stack', () => {
    const io = fakeIo();
    expect(reportFailure(io, new TypeError('x is not a function'), plain)).toBe(1);
    expect(io.err()).toBe(
      'Error: this is a bug in swarmup: x is not a function\n' +
        '  → run it again with --debug and report what it prints, with swarmup --version\n',
    );
    const machine = fakeIo();
    reportFailure(machine, 'a string', json);
    expect(JSON.parse(machine.out())).toMatchObject({ error: { code: 'BUG', exitCode: 1 } });
  });

  it('shows the stack and the causes with --debug only', () => {
    const io = fakeIo();
    const cause = new Error('connect ECONNREFUSED');
    reportFailure(io, new SwarmupError('X', 'ssh refused', { cause }), { json: false, debug: true });
    expect(io.err()).toMatch(/failure\.test\.ts/);
    expect(io.err()).toContain('connect ECONNREFUSED');
  });

  it.each(['ENOSPC', 'EACCES', 'EROFS', 'EMFILE'])('%s is no bug', (code) => {
    const io = fakeIo();
    const error = Object.assign(new Error(`${code}: open '/x'`), { code });
    expect(reportFailure(io, error, plain)).toBe(1);
    expect(io.err()).not.toContain('bug');
    expect(io.err()).toContain('→');
  });

  it('colours only for a terminal that wants it', () => {
    const errorFor = (env: Record<string, string>, tty: 'stderr'[] = ['stderr']): string => {
      const io = fakeIo({ env, tty });
      reportFailure(io, new SwarmupError('X', 'no'), plain);
      return io.err();
    };
    expect(errorFor({})).toContain('\u001b[31mError:');
    expect(errorFor({ NO_COLOR: '1' })).toBe('Error: no\n');
    expect(errorFor({}, [])).toBe('Error: no\n');
    expect(errorFor({ FORCE_COLOR: '1' }, [])).toContain('\u001b[31m');
  });
});

describe('flags that are asked for before parsing', () => {
  it('count only before --', () => {
    expect(wantsJson(['ls', '--json'])).toBe(true);
    expect(wantsJson(['ssh', 'a', '--', 'ls', '--json'])).toBe(false);
    expect(wantsDebug(['ls'], { SWARMUP_DEBUG: '1' })).toBe(true);
    expect(wantsDebug(['ls'], { SWARMUP_DEBUG: '0' })).toBe(false);
    expect(wantsDebug(['ls', '--debug'], {})).toBe(true);
  });
});
