import { Worker } from 'node:worker_threads';

/** How a call of the double ended. */
export interface CallResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Call {
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** Ends the call as a kill does: nothing of it is tidied up. */
  readonly signal?: AbortSignal | undefined;
}

/** Threads without a call, by the folder of their program. */
const idle = new Map<string, Worker[]>();

/**
 * Plays a call of the program in `folder` in a thread of this process: what the call costs is then its own work, and
 * not the start of Node.js (0.15 s of processor time). Nothing of a call is left to the next one in its thread; calls
 * at once are in threads of their own, and meet as processes do.
 */
export async function callInThread(folder: string, { args, env, signal }: Call): Promise<CallResult> {
  signal?.throwIfAborted();
  const waiting = idle.get(folder) ?? [];
  idle.set(folder, waiting);
  const thread = waiting.pop() ?? startThread(folder);
  thread.ref();
  return new Promise((resolve, reject) => {
    const settle = (act: () => void): void => {
      thread.removeAllListeners('message').removeAllListeners('error');
      signal?.removeEventListener('abort', abort);
      act();
    };
    const abort = (): void => {
      settle(() => {
        void thread.terminate();
        reject(signal?.reason as Error);
      });
    };
    signal?.addEventListener('abort', abort);
    thread.once('message', (result: CallResult) => {
      settle(() => {
        thread.unref();
        waiting.push(thread);
        resolve(result);
      });
    });
    thread.once('error', (error) => {
      settle(() => {
        reject(error);
      });
    });
    thread.postMessage({ args, env });
  });
}

function startThread(folder: string): Worker {
  return new Worker(player, { eval: true, workerData: { folder } });
}

/** A thread's own environment is what the children of a call get, too. */
const player = `const { parentPort, workerData } = require('node:worker_threads');
const { load, late } = require(workerData.folder + '/load.cjs');
const program = workerData.folder + '/VBoxManage';
const begin = load(program);
parentPort.on('message', async ({ args, env }) => {
  for (const name of Object.keys(process.env)) if (!(name in env)) delete process.env[name];
  Object.assign(process.env, env);
  const result = { exitCode: 0, stdout: '', stderr: '' };
  const own = Object.create(process, {
    argv: { value: [process.execPath, program, ...args] },
    exitCode: { set: (status) => (result.exitCode = status) },
    stdout: { value: { write: (text) => (result.stdout += text) } },
    stderr: { value: { write: (text) => (result.stderr += text) } },
  });
  const module = { exports: {} };
  begin(require, module, module.exports, late, own);
  try {
    await module.exports.over;
  } catch (error) {
    result.exitCode = 1;
    result.stderr += error.stack;
  }
  parentPort.postMessage(result);
});
`;
