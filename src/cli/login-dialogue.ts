import type { LoginDialogue } from '../ssh/log-in.js';
import type { CommandIo } from './command-io.js';
import { askSecret, askYesNo } from './prompts.js';

/**
 * Asks on the terminal for what only the user knows. Where there is none the environment may answer:
 * SWARMUP_KEY_PASSPHRASE, SWARMUP_SUDO_PASSWORD. Nothing of it is kept anywhere but in memory.
 * Errors: INTERRUPTED at Ctrl-C.
 */
export function loginDialogue(io: CommandIo): LoginDialogue {
  const secret = async (
    variable: string,
    question: string,
    wasWrong: boolean,
    signal: AbortSignal,
  ): Promise<string | undefined> => {
    const given = io.env[variable];
    // Asking again would give the same answer again.
    if (given !== undefined && given !== '') return wasWrong ? undefined : given;
    if (!hasTerminal(io)) return undefined;
    return askSecret(io, wasWrong ? `That is not correct. ${question}` : question, signal);
  };
  return {
    passphrase: (path, wasWrong, signal) =>
      secret('SWARMUP_KEY_PASSPHRASE', `Passphrase of ${path}:`, wasWrong, signal),
    sudoPassword: (user, host, wasWrong, signal) =>
      secret('SWARMUP_SUDO_PASSWORD', `Password of ${user} on ${host}, for sudo:`, wasWrong, signal),
    async acceptHostKey({ name, host, port }, { type, fingerprint }, signal) {
      if (!hasTerminal(io)) return undefined;
      io.say(`The host key of ${name} (${host}:${port}) is not known:\n  ${type} ${fingerprint}\n`);
      return askYesNo(io, 'Is this the fingerprint of the host? Accept and pin the key?', signal);
    },
  };
}

const hasTerminal = (io: CommandIo): boolean => io.isTty('stdin') && io.isTty('stderr');
