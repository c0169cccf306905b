import { describe, expect, it } from 'vitest';
import { outcomeCode } from '../../src/cli/hosts-command.js';

const failed = (exitCode: number) => ({
  status: 'failed',
  error: { code: exitCode === 124 ? 'TIMEOUT' : 'X', message: 'why', hints: [], exitCode },
});
const done = { status: 'created' };

describe('the exit code of a command on several hosts', () => {
  it.each([
    ['all are done', [done, done], 0],
    ['there are none', [], 0],
    ['some are done', [done, failed(1)], 4],
    ['some are done and the others ran out of time', [done, failed(124)], 4],
    ['none is done', [failed(1), failed(3)], 4],
    ['none is done, for different reasons', [failed(1), failed(124)], 4],
    ['all of them ran out of time', [failed(124), failed(124)], 124],
  ])('%s', (_, hosts, code) => {
    expect(outcomeCode(hosts)).toBe(code);
  });

  it('is that of the error when there is only one', () => {
    expect(() => outcomeCode([failed(124)])).toThrow(expect.objectContaining({ code: 'TIMEOUT', exitCode: 124 }));
  });
});
