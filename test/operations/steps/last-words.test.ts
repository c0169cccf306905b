import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Driver, LastWords } from '../../../src/drivers/driver.js';
import type { HostSession } from '../../../src/operations/access/host-session.js';
import { lastWordsOf } from '../../../src/operations/steps/last-words.js';

describe('what a host wrote last', () => {
  let file: string;
  beforeEach(async () => {
    file = join(await mkdtemp(join(tmpdir(), 'swarmup-console-')), 'console.log');
  });
  afterEach(() => rm(join(file, '..'), { recursive: true }));

  const of = (driver: Partial<Pick<Driver, 'consoleFile' | 'lastWords'>>, driverState: unknown = {}) => {
    const session = { driver, record: { driverState }, driverContext: () => ({}) };
    return lastWordsOf(session as unknown as HostSession, new AbortController().signal);
  };
  const consoleFile = (): string => file;

  it('is the end of its console, without what would paint the terminal', async () => {
    const lines = [
      '[    0.1] one',
      '\u001b[31m[FAILED]\u001b[0m Failed to start \u001b]0;x\u0007ssh.service',
      '',
      'login:\u0007 ',
    ];
    await writeFile(file, `${'x'.repeat(50_000)}\r\n${lines.join('\r\n')}`);
    expect(await of({ consoleFile })).toEqual({
      hints: [
        `its console (${file}) ends with:`,
        `  ${'x'.repeat(160)}`,
        ...['  [    0.1] one', '  [FAILED] Failed to start ssh.service', '  login:'],
      ],
    });
  });

  it('is nothing where there is no console, or nothing in it', async () => {
    expect(await of({ consoleFile })).toEqual({ hints: [] });
    await writeFile(file, '');
    expect(await of({ consoleFile })).toEqual({ hints: [] });
    await writeFile(file, 'boot');
    expect(await of({})).toEqual({ hints: [] });
    expect(await of({ consoleFile }, null)).toEqual({ hints: [] });
  });

  it('is what its driver knows, the remedies first', async () => {
    const words: LastWords = {
      ...{ source: 'docker logs m1', text: 'one\ntwo\n', ended: 'it ended with 255', hints: ['raise the limit'] },
    };
    expect(await of({ lastWords: () => Promise.resolve(words) })).toEqual({
      ended: 'it ended with 255',
      hints: ['raise the limit', 'its log (docker logs m1) ends with:', '  one', '  two'],
    });
  });
});
