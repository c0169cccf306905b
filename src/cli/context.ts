import { promises as files } from 'node:fs';
import { join } from 'node:path';
import type { DriverRegistry } from '../drivers/registry.js';
import { cacheFolder, homeFolder } from '../lib/home-folder.js';
import type { Reporter } from '../lib/progress-event.js';
import { openStore } from '../machine/file-store.js';
import type { Store } from '../machine/store.js';
import type { OperationContext } from '../operations/access/context.js';
import type { CommandIo } from './command-io.js';
import type { Connections } from './connections.js';

/** An operation's context with what only commands may do: to log in as the user, and to end. */
export interface CommandContext extends OperationContext, AsyncDisposable {
  /** The kept connection as the user whom ssh lets in, where `connect` gives root. */
  readonly connectAsUser: OperationContext['connect'];
  /** The same over an empty store in a temporary folder, which goes with it: for hosts that are thrown away. */
  readonly scratch: () => Promise<OperationContext & AsyncDisposable>;
}

interface ContextParts {
  readonly drivers: DriverRegistry;
  readonly report: Reporter;
  readonly signal: AbortSignal;
  /** The swarm whose hosts have short names; undefined: `default`. */
  readonly scope: string | undefined;
}

/**
 * The composition root: puts the real parts together. Touches neither file nor network; ssh is loaded when the first
 * connection is asked for. Errors: HOME_UNKNOWN.
 */
export function openContext(io: CommandIo, parts: ContextParts): CommandContext {
  const home = homeFolder(io.env, io.platform);
  return contextOver(openStore(home, parts.scope), io, parts);
}

async function openScratch(io: CommandIo, parts: ContextParts): Promise<OperationContext & AsyncDisposable> {
  const { tmpdir } = await import('node:os');
  const home = await files.mkdtemp(join(tmpdir(), 'swarmup-scratch-'));
  const context = contextOver(openStore(home, parts.scope), io, parts);
  return {
    ...context,
    [Symbol.asyncDispose]: async () => {
      await context[Symbol.asyncDispose]();
      await files.rm(home, { recursive: true, force: true });
    },
  };
}

function contextOver(store: Store, io: CommandIo, parts: ContextParts): CommandContext {
  let opened: Promise<Connections> | undefined;
  const connections = (): Promise<Connections> =>
    (opened ??= import('./connections.js').then(async ({ openConnections }) => {
      const { loginDialogue } = await import('./login-dialogue.js');
      return openConnections(store, { env: io.env, dialogue: loginDialogue(io) });
    }));
  return {
    drivers: parts.drivers,
    report: parts.report,
    // Made when it is asked for: `env` asks for none, and loading its class takes Node.js a millisecond.
    get signal() {
      return parts.signal;
    },
    store,
    scratch: () => openScratch(io, parts),
    connect: async (record, options) => (await connections()).asRoot(record, withSignal(options, parts.signal)),
    connectAsUser: async (record, options) => (await connections()).asUser(record, withSignal(options, parts.signal)),
    enroll: async (name, address, options) =>
      (await connections()).enroll(name, address, withSignal(options, parts.signal)),
    disconnect: async (name) => (await opened)?.drop(name),
    env: io.env,
    run: async (...call) => (await import('../lib/local-process.js')).processRunner(io.env)(...call),
    cacheDir: cacheFolder(io.env, io.platform),
    now: () => new Date(),
    platform: io.platform,
    askPassphrase: async (question) => {
      const { readPassphrase } = await import('./seal-key.js');
      const flags = { 'passphrase-file': io.env['SWARMUP_PASSPHRASE_FILE'] };
      return readPassphrase(io, flags, { question, isNew: false, signal: parts.signal });
    },
    localNode: {
      path: process.execPath,
      version: process.version,
      platform: io.platform,
      arch: process.arch,
    },
    [Symbol.asyncDispose]: async () => (await opened)?.close(),
  };
}

const withSignal = <O extends { readonly signal?: AbortSignal | undefined }>(
  options: O | undefined,
  signal: AbortSignal,
): O => ({ ...options, signal: options?.signal ?? signal }) as O;
