import { readFileSync } from 'node:fs';
import type nodeModule from 'node:module';
import { join } from 'node:path';
import { codeOf } from '../lib/errors.js';
import { cacheFolder, pluginFolder } from '../lib/home-folder.js';
import type { BundledCommands } from './command-config.js';
import { flagsOf } from './command-line.js';
import type { CommandIo } from './command-io.js';
import type { CommandDefinition, QuickTools } from './command.js';

/** The commands that run without oclif. */
const lightCommands: Readonly<Record<string, () => Promise<CommandDefinition<QuickTools>>>> = {
  active: async () => (await import('./light/active-command.js')).activeCommand,
  completion: async () => (await import('./light/completion-command.js')).completionCommand,
  config: async () => (await import('./light/config-command.js')).configCommand,
  env: async () => (await import('./light/env-command.js')).envCommand,
  inspect: async () => (await import('./light/inspect-command.js')).inspectCommand,
  ip: async () => (await import('./light/ip-command.js')).ipCommand,
  ls: async () => (await import('./light/ls-command.js')).lsCommand,
  status: async () => (await import('./light/status-command.js')).statusCommand,
  url: async () => (await import('./light/url-command.js')).urlCommand,
};

interface Program {
  /** Folder of the package. */
  readonly root: string;
  readonly commands: () => Promise<BundledCommands>;
}

/** Runs one command line and returns its exit code: the quick way where there is one, else with oclif. */
export async function start(argv: readonly string[], io: CommandIo, { root, commands }: Program): Promise<number> {
  keepCompiled(io);
  const code = await startQuickly(argv, io);
  return code ?? (await import('./main.js')).main(argv, io, { root }, await commands());
}

/** undefined: nothing was printed. */
async function startQuickly(argv: readonly string[], io: CommandIo): Promise<number | undefined> {
  const [first = 'help'] = argv;
  if (first === '--version' || first === '-v') {
    io.print((await import('./version-line.js')).versionLine());
    return 0;
  }
  const words = flagsOf(argv);
  if (first === 'help' || words.includes('--help') || words.includes('-h'))
    return hasPlugins(io) ? undefined : (await import('./light/light-help.js')).lightHelp(argv, io);
  const command = Object.hasOwn(lightCommands, first) ? await lightCommands[first]?.() : undefined;
  return command && (await import('./light/run-light.js')).runLight(command, argv, io);
}

/**
 * Keeps what V8 compiles in the user's cache folder, by Node's own means, which is from 22.1 on; NODE_DISABLE_COMPILE_CACHE
 * is obeyed there. Where nothing can be written, nothing is kept.
 */
function keepCompiled({ env, platform }: CommandIo): void {
  // Node.js 20 has no such means, and would load this module for nothing.
  if (Number.parseInt(process.versions.node) < 22) return;
  const { enableCompileCache } = process.getBuiltinModule('node:module') as CompileCache;
  try {
    enableCompileCache?.(join(cacheFolder(env, platform), 'compiled'));
  } catch {
    // The commands that need the folder report HOME_UNKNOWN.
  }
}

/** The types are those of Node.js 20. */
type CompileCache = typeof nodeModule & { readonly enableCompileCache?: (folder: string) => unknown };

/** Whether oclif would find plugins, which may bring commands and drivers. */
function hasPlugins({ env, platform }: CommandIo): boolean {
  try {
    const file = join(pluginFolder(env, platform), 'package.json');
    const { oclif } = JSON.parse(readFileSync(file, 'utf8')) as { oclif?: { plugins?: readonly unknown[] } };
    return (oclif?.plugins?.length ?? 0) > 0;
  } catch (error) {
    return codeOf(error) !== 'ENOENT';
  }
}
