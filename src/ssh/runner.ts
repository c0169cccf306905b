import type { Duplex, Readable } from 'node:stream';
import type { FileTree } from '../lib/file-tree.js';
import type { HostKeyJudge } from './host-key-judge.js';
import type { LoginKeys } from './login-keys.js';

export interface ExecResult {
  /** null when a signal ended the command. */
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ExecOptions {
  readonly signal?: AbortSignal | undefined;
  /** Default 60 s. Errors: TIMEOUT. */
  readonly timeoutMs?: number;
  /** What the command is for, as in "install Docker": goes into errors instead of a long script. */
  readonly title?: string;
  /** Sent to the command's stdin, then closed. The way for secrets: never argv. */
  readonly stdin?: string | Uint8Array;
  /** False: a non-zero exit is a result, not an error. Default true. */
  readonly check?: boolean;
  /** Called for each line of stdout and stderr as it comes. */
  readonly onLine?: (line: string) => void;
  /** Texts to be masked in errors and lines. */
  readonly redact?: readonly string[];
  /** Argv that starts the command's shell, as in `['sudo', '-n', '--']`; undefined: started directly. */
  readonly launcher?: readonly string[];
  /** What the launcher reads from stdin before its command starts (a password). */
  readonly launcherStdin?: string;
}

export interface ShellOptions {
  /** undefined: the user's login shell. */
  readonly command?: string;
  /** A terminal on the host; undefined: plain pipes. */
  readonly pty?: { readonly term: string; readonly columns: number; readonly rows: number };
  readonly signal?: AbortSignal | undefined;
}

/** A running remote command whose streams the caller owns. */
export interface Shell {
  /** Readable: its stdout. Writable: its stdin. */
  readonly stream: Duplex;
  readonly stderr: Readable;
  resize(columns: number, rows: number): void;
  /** Resolves when the command is over and its output was delivered. */
  readonly finished: Promise<{ readonly exitCode: number | null; readonly signal: string | null }>;
}

export interface UploadFile {
  /** Absolute path on the host; its folder must exist. Replaced atomically. */
  readonly path: string;
  readonly data: string | Uint8Array;
  /** As in 0o600. */
  readonly mode: number;
}

/**
 * Runs commands on one host over one kept connection. Every call takes an AbortSignal and has a deadline.
 * Errors: REMOTE_COMMAND_FAILED (with the end of stderr), SSH_LOST (connection gone), TIMEOUT.
 */
export interface Runner extends AsyncDisposable {
  /** The host's name, for messages. */
  readonly host: string;
  /**
   * Runs a command in /bin/sh. An abort or the deadline ends it on the host with all its children, even if the
   * connection is lost; processes that it left in the background when it ended stay. Of each output stream the last 8
   * MiB are kept. Further errors: SESSION_REFUSED (the host allows no more sessions; nothing ran).
   */
  exec(command: string, options?: ExecOptions): Promise<ExecResult>;
  /**
   * A long-running command with live streams (interactive ssh, logs), in the user's login shell. An abort closes its
   * channel. `finished` needs `stream` to be read; it rejects with the abort's reason or SSH_LOST.
   */
  shell(options: ShellOptions): Promise<Shell>;
  /**
   * A byte stream to a unix socket on the host (the engine's), by SSH forwarding. An abort closes the stream, later too.
   * Errors: SOCKET_UNREACHABLE (retryable); the stream itself fails with SSH_LOST.
   */
  openSocket(path: string, options?: { readonly signal?: AbortSignal | undefined }): Promise<Duplex>;
  /** The same to a TCP port that a service on the host has on 127.0.0.1, or that it reaches at `address`. */
  openPort(
    port: number,
    options?: { readonly signal?: AbortSignal | undefined; readonly address?: string },
  ): Promise<Duplex>;
  /**
   * Writes files by sftp with their modes, one after another; default deadline 60 s. An abort leaves no part of a file.
   */
  upload(
    files: readonly UploadFile[],
    options?: { readonly signal?: AbortSignal | undefined; readonly timeoutMs?: number },
  ): Promise<void>;
  /**
   * Runs `use` with the host's files by sftp, always as the user who logged in. No deadline but the caller's; an abort
   * ends the channel at once, and with it every request, when `use` has not ended a second later.
   * Further errors: SESSION_REFUSED (no sftp there).
   */
  withFiles<T>(
    use: (files: FileTree) => Promise<T>,
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<T>;
}

/** A Runner over a connection that may go away. */
export interface Connection extends Runner {
  /** Fires when the connection has ended, on either side; its reason is the SSH_LOST error. */
  readonly closed: AbortSignal;
}

/** The data needed to connect to a host. */
export interface SshTarget {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** Pinned OpenSSH public key line of the host, or who decides about the key that it shows. */
  readonly hostKey: string | HostKeyJudge;
  /** OpenSSH private key, as text, or several ways to prove who the user is. */
  readonly privateKey: string | LoginKeys;
  /** The host to go through; the way to the host ends with this connection. */
  readonly over?: Runner;
}
