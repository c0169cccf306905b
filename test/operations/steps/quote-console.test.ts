import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SwarmupError } from '../../../src/lib/errors.js';
import { quotingConsole } from '../../../src/operations/steps/quote-console.js';

describe('the console of a host whose ssh does not answer', () => {
  let file: string;
  beforeEach(async () => {
    file = join(await mkdtemp(join(tmpdir(), 'swarmup-console-')), 'console.log');
  });
  afterEach(() => rm(join(file, '..'), { recursive: true }));

  const driver = { consoleFile: (state: unknown) => (state as { console: string }).console };
  const timeout = new SwarmupError('TIMEOUT', 'waited 240 s for ssh of m1 to answer', {
    ...{ exitCode: 124, host: 'm1', retryable: true, hints: ['look at it'] },
  });
  const fail = async (error: Error, of: Partial<typeof driver> = driver): Promise<unknown> =>
    quotingConsole({ driver: of, state: { console: file } }, () => Promise.reject(error)).catch(
      (thrown: unknown) => thrown,
    );

  it('is quoted in the error, its last lines, without what would paint the terminal', async () => {
    const lines = [
      '[    0.1] one',
      '\u001b[31m[FAILED]\u001b[0m Failed to start \u001b]0;x\u0007ssh.service',
      '',
      'login:\u0007 ',
    ];
    await writeFile(file, `${'x'.repeat(50_000)}\r\n${lines.join('\r\n')}`);
    const error = await fail(timeout);
    expect(error).toMatchObject({
      ...{ code: 'TIMEOUT', message: timeout.message, exitCode: 124, host: 'm1', retryable: true },
    });
    const [first, second, ...quoted] = (error as SwarmupError).hints;
    expect([first, second]).toEqual(['look at it', `its console (${file}) ends with:`]);
    expect(quoted).toEqual([
      `  ${'x'.repeat(160)}`,
      ...['  [    0.1] one', '  [FAILED] Failed to start ssh.service', '  login:'],
    ]);
  });

  it('is left out when there is none, and of other errors', async () => {
    expect(await fail(timeout)).toBe(timeout);
    await writeFile(file, '');
    expect(await fail(timeout)).toBe(timeout);
    await writeFile(file, 'boot');
    expect(await fail(timeout, {})).toBe(timeout);
    const mismatch = new SwarmupError('HOST_KEY_MISMATCH', 'another key');
    expect(await fail(mismatch)).toBe(mismatch);
    expect(await fail(new SwarmupError('SSH_REFUSED', 'nobody listens'))).not.toHaveProperty('hints', []);
  });
});
