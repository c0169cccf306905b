import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { build } from 'esbuild';

interface Child {
  readonly process: ChildProcess;
  /** Resolves at the next line of stdout; undefined when there is none any more. */
  readonly nextLine: () => Promise<string | undefined>;
  /** Resolves when the process is over and its output was read. */
  readonly ended: Promise<{ readonly code: number | null; readonly signal: string | null; readonly lines: string[] }>;
}

export interface ChildProgram extends AsyncDisposable {
  start(args: readonly string[], options?: { readonly uid?: number }): Child;
}

/** Bundles `store-child.ts` once, as a process that starts without a TypeScript loader starts many times faster. */
export async function buildChildProgram(): Promise<ChildProgram> {
  const folder = await mkdtemp(join(tmpdir(), 'swarmup-child-'));
  // Other users run it as well.
  await chmod(folder, 0o755);
  const program = join(folder, 'store-child.mjs');
  const entry = join(import.meta.dirname, 'store-child.ts');
  await build({
    entryPoints: [entry],
    outfile: program,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
  });
  return {
    start: (args, options = {}) => startChild(program, args, options.uid),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

function startChild(program: string, args: readonly string[], uid: number | undefined): Child {
  const child = spawn(globalThis.process.execPath, [program, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    ...(uid !== undefined && { uid, gid: uid, cwd: '/' }),
  });
  const lines: string[] = [];
  const reader = createInterface({ input: child.stdout });
  const unread: string[] = [];
  reader.on('line', (line) => {
    lines.push(line);
    unread.push(line);
  });
  const closed = once(reader, 'close');
  const ended = Promise.all([once(child, 'exit'), closed]).then(([[code, signal]]) => ({
    code: code as number | null,
    signal: signal as string | null,
    lines,
  }));
  const nextLine = async (): Promise<string | undefined> => {
    if (unread.length === 0) await Promise.race([once(reader, 'line'), closed]);
    return unread.shift();
  };
  return { process: child, nextLine, ended };
}
