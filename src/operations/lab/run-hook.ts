import { SwarmupError } from '../../lib/errors.js';
import type { Lab } from '../../lab/lab.js';
import type { OperationContext } from '../access/context.js';
import { requireTrust } from './trust-lab.js';

const hookTimeoutMs = 30 * 60_000;

/**
 * Runs a hook of the manifest, a shell command on this computer, in the folder of the manifest. Errors: HOOK_FAILED
 * with the end of its output; MANIFEST_UNTRUSTED (exit 3); TIMEOUT (30 min).
 */
export async function runHook(
  context: OperationContext,
  lab: Lab,
  hook: keyof NonNullable<Lab['hooks']>,
  env: Readonly<Record<string, string>> = {},
): Promise<void> {
  const command = lab.hooks?.[hook];
  if (command === undefined) return;
  await requireTrust(context, lab);
  context.report({ type: 'info', message: `hook ${hook}` });
  const { signal } = context;
  const { exitCode, stdout, stderr } = await context.run('sh', ['-c', command], {
    timeoutMs: hookTimeoutMs,
    signal,
    cwd: lab.folder,
    inherits: 'user',
    env: { SWARMUP_LAB: lab.name, ...env },
  });
  if (exitCode === 0) return;
  throw new SwarmupError('HOOK_FAILED', `the hook ${hook} ended with ${exitCode}`, {
    hints: [stderr, stdout].flatMap((text) => text.trim().split('\n').slice(-5)).filter((line) => line !== ''),
  });
}
