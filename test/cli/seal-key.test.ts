import { Parser } from '@oclif/core';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { readSealKey, sealFlags, type SealFlagValues } from '../../src/cli/seal-key.js';
import { oclifFlags } from '../../src/cli/oclif-flags.js';
import { fakeIo } from '../support/fake-io.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'seal-key-'));
});
afterEach(() => rm(folder, { recursive: true }));

const signal = new AbortController().signal;
const options = { signal, question: 'Passphrase', isNew: true };
const read = (flags: SealFlagValues, io = fakeIo()) => readSealKey(io, flags, options);
async function file(content: string): Promise<string> {
  const path = join(folder, 'secret');
  await writeFile(path, content);
  return path;
}

/** Types a line as soon as the question is there; prompts of one command come one after the other. */
async function type(io: ReturnType<typeof fakeIo>, question: string, line: string): Promise<void> {
  await vi.waitFor(() => {
    expect(io.err()).toContain(question);
  });
  (io.stdin as unknown as NodeJS.WritableStream).write(`${line}\r`);
}

describe('readSealKey', () => {
  it('takes the first line of a passphrase file', async () => {
    const path = await file('correct horse\r\nnot this\n');
    expect(await read({ 'passphrase-file': path })).toEqual({ mode: 'passphrase', secret: 'correct horse' });
  });

  it('takes a key file as it is', async () => {
    const path = await file('0123456789abcdef\n');
    expect(await read({ 'key-file': path })).toEqual({ mode: 'key-file', secret: Buffer.from('0123456789abcdef\n') });
  });

  it.each([
    ['passphrase-file', '\n', 'SEAL_KEY_WEAK'],
    ['passphrase-file', 'x', 'SEAL_KEY_WEAK'],
    ['passphrase-file', 'eleven char\n', 'SEAL_KEY_WEAK'],
    ['key-file', 'short', 'SEAL_KEY_WEAK'],
  ] as const)('refuses a %s of %j', async (flag, content, code) => {
    await expect(read({ [flag]: await file(content) })).rejects.toMatchObject({ code, exitCode: 2 });
  });

  it('is given in one way only', async () => {
    const argv = ['--passphrase-file', 'a', '--key-file', 'b'];
    await expect(Parser.parse(argv, { flags: oclifFlags(sealFlags) })).rejects.toThrow('--passphrase-file');
  });

  it('names the file that cannot be read', async () => {
    const missing = join(folder, 'missing');
    await expect(read({ 'key-file': missing })).rejects.toThrow(missing);
  });

  it('takes any passphrase that a file was sealed with before', async () => {
    const flags = { 'passphrase-file': await file('x\n') };
    expect(await readSealKey(fakeIo(), flags, { ...options, isNew: false })).toMatchObject({ secret: 'x' });
  });

  it('needs a terminal to ask on', async () => {
    await expect(read({})).rejects.toMatchObject({ code: 'PASSPHRASE_NEEDED', exitCode: 2 });
  });

  it('asks twice for a new passphrase and shows neither', async () => {
    const io = fakeIo({ tty: ['stdin', 'stdout', 'stderr'] });
    const asked = read({}, io);
    await type(io, 'Passphrase', 'correct horse');
    await type(io, 'Repeat the passphrase', 'correct horse');
    expect(await asked).toEqual({ mode: 'passphrase', secret: 'correct horse' });
    expect(io.err()).not.toContain('correct');
  });

  it('refuses two different ones', async () => {
    const io = fakeIo({ tty: ['stdin', 'stdout', 'stderr'] });
    const asked = expect(read({}, io)).rejects.toMatchObject({ code: 'PASSPHRASE_DIFFERS' });
    await type(io, 'Passphrase', 'a long one battery');
    await type(io, 'Repeat the passphrase', 'a long other battery');
    await asked;
  });
});
