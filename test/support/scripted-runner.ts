import { SwarmupError } from '../../src/lib/errors.js';
import { commandError } from '../../src/ssh/ssh-errors.js';
import type { ExecOptions, ExecResult, Runner } from '../../src/ssh/runner.js';

/** One answer, for one command whose title or text matches. Without `exitCode` it succeeds. */
export interface ScriptedAnswer {
  readonly when: string | RegExp;
  readonly stdout?: string;
  readonly stderr?: string;
  readonly exitCode?: number;
}

interface ScriptedCall {
  /** The title, else the command. */
  readonly title: string;
  readonly command: string;
  readonly stdin: string;
}

/** A host in memory: each command takes the first answer left that fits it; a command without one is a failed test. */
export class ScriptedRunner implements Runner {
  readonly calls: ScriptedCall[] = [];
  readonly #left: ScriptedAnswer[];

  constructor(
    readonly host: string,
    answers: readonly ScriptedAnswer[],
  ) {
    this.#left = [...answers];
  }

  get titles(): readonly string[] {
    return this.calls.map(({ title }) => title);
  }

  /** Answers that nobody asked for. */
  get unused(): readonly ScriptedAnswer[] {
    return this.#left;
  }

  async exec(command: string, options: ExecOptions = {}): Promise<ExecResult> {
    options.signal?.throwIfAborted();
    const title = options.title ?? command;
    this.calls.push({ title, command, stdin: Buffer.from(options.stdin ?? '').toString() });
    const answer = this.#take(title);
    const { stdout = '', stderr = '', exitCode = 0 } = answer;
    for (const text of [stdout, stderr])
      for (const line of text.split('\n').filter((l) => l !== '')) options.onLine?.(line);
    const result: ExecResult = { exitCode, signal: null, stdout, stderr };
    if (exitCode !== 0 && options.check !== false) throw commandError(this.host, command, result, options);
    return result;
  }

  #take(title: string): ScriptedAnswer {
    const index = this.#left.findIndex(({ when }) => (typeof when === 'string' ? when === title : when.test(title)));
    const [answer] = index < 0 ? [] : this.#left.splice(index, 1);
    if (answer === undefined) throw new Error(`no answer is left for '${title}'`);
    return answer;
  }

  async shell(): Promise<never> {
    throw new SwarmupError('NOT_SCRIPTED', 'a scripted host has no shell');
  }

  async openSocket(): Promise<never> {
    throw new SwarmupError('NOT_SCRIPTED', 'a scripted host has no sockets');
  }

  async openPort(): Promise<never> {
    throw new SwarmupError('NOT_SCRIPTED', 'a scripted host has no ports');
  }

  async upload(): Promise<never> {
    throw new SwarmupError('NOT_SCRIPTED', 'a scripted host takes no files');
  }

  async withFiles(): Promise<never> {
    throw new SwarmupError('NOT_SCRIPTED', 'a scripted host has no files');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // nothing to close
  }
}
