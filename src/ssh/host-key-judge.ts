import { SwarmupError } from '../lib/errors.js';
import { exitCodes } from '../lib/exit-codes.js';
import { type HostKey, hostKeyMismatch } from './host-key.js';
import { type KnownKeys, knownKeysIn } from './known-hosts.js';

export interface JudgedHost {
  readonly name: string;
  readonly host: string;
  readonly port: number;
}

/** Decides about the key that a host shows for the first time. */
export interface HostKeyJudge {
  /** The types of key to ask the host for; empty: any type. */
  readonly types: readonly string[];
  /** undefined: the key is accepted. Errors: HOST_KEY_MISMATCH, HOST_KEY_REVOKED, HOST_KEY_UNKNOWN (exit 3). */
  judge(shown: HostKey | undefined): SwarmupError | undefined;
  /** The key that was shown last. */
  readonly shown: HostKey | undefined;
}

/** Like OpenSSH: a known key is accepted, a key that is not the known one never; an unknown one when `isAccepted`. */
export function hostKeyJudge(
  where: JudgedHost,
  known: KnownKeys,
  isAccepted: (shown: HostKey) => boolean,
  source = 'known_hosts',
): HostKeyJudge {
  const [first] = known.trusted;
  const is = (shown: HostKey) => (key: HostKey) => key.blob.equals(shown.blob);
  const judge = (shown: HostKey | undefined): SwarmupError | undefined => {
    if (shown !== undefined && known.revoked.some(is(shown))) return revoked(where, shown, source);
    if (shown !== undefined && known.trusted.some(is(shown))) return undefined;
    const expected = known.trusted.find(({ type }) => type === shown?.type) ?? first;
    if (expected !== undefined) return hostKeyMismatch(where, expected, shown, source);
    return shown !== undefined && isAccepted(shown) ? undefined : unknownKey(where, shown, known);
  };
  let shown: HostKey | undefined;
  return {
    types: [...new Set(known.trusted.map(({ type }) => type))],
    judge: (key) => judge((shown = key)),
    get shown() {
      return shown;
    },
  };
}

/** Reads a file of `--host-key`: public keys for any host, or lines as in known_hosts. Errors: HOST_KEY_INVALID. */
export function keysOfFile(text: string, where: JudgedHost, path: string): KnownKeys {
  // A bare public key is a known_hosts line without a name.
  const lines = text
    .split(/\r?\n/)
    .map((line) => (/^\s*(ssh-|ecdsa-|sk-)\S+\s/.test(line) ? `* ${line.trim()}` : line));
  const known = knownKeysIn(lines.join('\n'), where.host, where.port);
  if (known.trusted.length > 0) return known;
  throw new SwarmupError('HOST_KEY_INVALID', `${path} has no key of ${where.name} (${addressOf(where)})`, {
    host: where.name,
    exitCode: exitCodes.usage,
    hints: [
      `use lines as in known_hosts, or the public key itself: ssh-keyscan -p ${where.port} ${where.host}, over a network that you trust`,
    ],
  });
}

const addressOf = ({ host, port }: JudgedHost): string => `${host}:${port}`;

function revoked(where: JudgedHost, shown: HostKey, source: string): SwarmupError {
  return new SwarmupError(
    'HOST_KEY_REVOKED',
    `the host key of ${where.name} (${addressOf(where)}), ${shown.type} ${shown.fingerprint}, is marked as @revoked in ${source}`,
    {
      host: where.name,
      exitCode: exitCodes.preflight,
      hints: ['do not connect to this host until its key has been replaced'],
    },
  );
}

function unknownKey(where: JudgedHost, shown: HostKey | undefined, { hasAuthority }: KnownKeys): SwarmupError {
  const seen = shown === undefined ? 'no key' : `${shown.type} ${shown.fingerprint}`;
  return new SwarmupError(
    'HOST_KEY_UNKNOWN',
    `the host key of ${where.name} (${addressOf(where)}) is not known: ${seen}${hasAuthority ? ' (host certificates are not checked)' : ''}`,
    {
      host: where.name,
      exitCode: exitCodes.preflight,
      hints: [
        'compare the fingerprint with the one on the host (ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub); then --accept-new-host-key, or --host-key FILE with the key itself',
      ],
    },
  );
}
