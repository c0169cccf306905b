import type { Duplex, Readable } from 'node:stream';

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
  exec(command: string, options?: ExecOptions): Promise<ExecResult>;
  /** A long-running command with live streams (interactive ssh, logs). */
  shell(options: ShellOptions): Promise<Shell>;
  /** A byte stream to a unix socket on the host (the engine's), by SSH forwarding. */
  openSocket(path: string, options?: { readonly signal?: AbortSignal | undefined }): Promise<Duplex>;
  /** Writes files by sftp with their modes. */
  upload(
    files: readonly UploadFile[],
    options?: { readonly signal?: AbortSignal | undefined; readonly timeoutMs?: number },
  ): Promise<void>;
}

/** A Runner over a connection that may go away. */
export interface Connection extends Runner {
  /** Fires when the connection is gone, whoever ended it; its reason is the SSH_LOST error. */
  readonly closed: AbortSignal;
}

/** What it takes to connect to a host. */
export interface SshTarget {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** Pinned OpenSSH public key line of the host. */
  readonly hostKey: string;
  /** OpenSSH private key, as text. */
  readonly privateKey: string;
}
