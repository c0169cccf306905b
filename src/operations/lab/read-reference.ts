import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { SwarmupError, usageError } from '../../lib/errors.js';
import type { Lab } from '../../lab/lab.js';
import type { OperationContext } from '../access/context.js';
import { requireTrust } from './trust-lab.js';

const commandTimeoutMs = 60_000;

/**
 * The value of a reference: `env:NAME`, `file:PATH` (relative to the folder of the manifest), `command:SHELL COMMAND` (its stdout without
 * the last newline). The value is secret: never log it. Errors: SECRET_MISSING (exit 2), which does not contain the
 * value; MANIFEST_UNTRUSTED (exit 3).
 */
export async function readReference(context: OperationContext, reference: string, lab: Lab): Promise<Buffer> {
  const [, kind = '', what = ''] = /^(\w+):(.*)$/s.exec(reference) ?? [];
  if (kind === 'env') {
    const value = context.env[what];
    if (value !== undefined && value !== '') return Buffer.from(value);
    throw usageError(
      'SECRET_MISSING',
      `a secret comes from the variable ${what}, which is not set`,
      `set the variable ${what}`,
    );
  }
  if (kind === 'file') {
    const path = resolve(lab.folder, what);
    return readFile(path).catch(() => {
      throw usageError('SECRET_MISSING', `a secret comes from the file ${path}, which cannot be read`);
    });
  }
  await requireTrust(context, lab);
  const { signal } = context;
  const { exitCode, stdout } = await context.run('sh', ['-c', what], {
    timeoutMs: commandTimeoutMs,
    signal,
    cwd: lab.folder,
    inherits: 'user',
  });
  if (exitCode === 0) return Buffer.from(stdout);
  throw new SwarmupError('SECRET_MISSING', `the command of a secret ended with ${exitCode}: ${what}`, {
    exitCode: 2,
    hints: ['run the command yourself to see why'],
  });
}
