import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SwarmupError } from '../../lib/errors.js';
import { exitCodes } from '../../lib/exit-codes.js';
import { swarmup } from '../../lib/typed-command.js';
import { type LocalAction, localActions } from '../../lab/local-actions.js';
import type { Lab } from '../../lab/lab.js';
import { writeFileAtomic } from '../../machine/atomic-file.js';
import type { OperationContext } from '../access/context.js';

/** Asks whether these commands of a manifest may run on this computer; throws to stop. */
export type AskTrust = (commands: readonly LocalAction[], signal: AbortSignal) => Promise<void>;

/**
 * Lets a person decide once whether the commands of a manifest may run here. The answer is remembered by the path of
 * the manifest and by its commands: when one of them changes, it is asked again. A manifest without commands is never
 * asked about. Errors: those of `ask`; STORE_WRITE_FAILED.
 */
export async function trustLab(context: OperationContext, lab: Lab, ask: AskTrust | undefined): Promise<void> {
  const commands = commandsOf(lab);
  if (ask === undefined || (await isTrusted(context, lab))) return;
  await ask(commands, context.signal);
  await context.store.folder('trusted');
  await writeFileAtomic(fileOf(context, lab), digestOf(commands));
}

/** Stands before each command of a manifest that runs here. Errors: MANIFEST_UNTRUSTED (exit 3). */
export async function requireTrust(context: OperationContext, lab: Lab): Promise<void> {
  if (await isTrusted(context, lab)) return;
  throw new SwarmupError(
    'MANIFEST_UNTRUSTED',
    `${lab.manifest} has commands for this computer that were not approved`,
    {
      exitCode: exitCodes.preflight,
      hints: [`${swarmup`plan`} shows them; ${swarmup`up`} asks whether they may run, ${swarmup`up --trust`} does not`],
    },
  );
}

async function isTrusted(context: OperationContext, lab: Lab): Promise<boolean> {
  const commands = commandsOf(lab);
  if (commands.length === 0) return true;
  const known = await readFile(fileOf(context, lab), 'utf8').catch(() => '');
  return known === digestOf(commands);
}

const commandsOf = (lab: Lab): readonly LocalAction[] => localActions(lab).filter(({ type }) => type === 'command');

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

const digestOf = (commands: readonly LocalAction[]): string => sha256(JSON.stringify(commands));

const fileOf = ({ store }: OperationContext, { manifest }: Lab): string =>
  join(store.home, 'trusted', sha256(manifest));
