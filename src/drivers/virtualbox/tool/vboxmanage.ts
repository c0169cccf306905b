import { setTimeout as sleepFor } from 'node:timers/promises';
import type { DriverContext } from '../../driver.js';
import { codeOf, SwarmupError } from '../../../lib/errors.js';
import {
  cutAnswer,
  failureOf,
  isTransient,
  type ToolOutput,
  type Verdict,
  verdictOf,
  verdictOfInfo,
  verdictOfList,
} from './failures.js';
import { type Computer, findTool } from './find-tool.js';
import { stripWarning, type VmInfo, parseVmInfo } from './parse.js';
import { type Service, serviceOfUser } from './service.js';
import { toolPaths, type ToolPaths } from './wsl-paths.js';

/** Stalls of 10 s are normal: VBoxSVC ends 5 s after its last client, and the next one may have to wait for that. */
const deadlines = { quick: 60_000, slow: 5 * 60_000, clone: 30 * 60_000 } as const;

const maxAttempts = 6;
const firstPauseMs = 100;

interface CallOptions {
  /** How long it may take: 1 min, 5 min (a start, a snapshot) or 30 min (a copy of a disk). */
  readonly kind?: keyof typeof deadlines;
  /** Further failures that pass by themselves. */
  readonly alsoTransient?: RegExp;
}

export interface ToolAnswer {
  /** Without the wrapper's warning. */
  readonly stdout: string;
  readonly stderr: string;
  /** What the wrapper warned of: the kernel module is missing. */
  readonly warning: string | undefined;
}

/** VBoxManage of this computer, as one user with one environment: each user has a registry and a service of his own. */
export interface VBoxManage extends ToolPaths {
  readonly path: string;
  readonly computer: Computer;
  /**
   * Runs VBoxManage; temporary failures are tried again, up to 6 times. The caller holds the lock of every machine that
   * it names. Errors: those of `failureOf`; VIRTUALBOX_MISSING; TIMEOUT; the abort reason.
   */
  run(args: readonly string[], options?: CallOptions): Promise<ToolAnswer>;
  /**
   * The complete output of `list` for a topic (`vms`, `--long vms` …); the call takes no lock. A machine that is
   * missing in it may exist anyway: only `show` shows that a machine no longer exists. Errors: VBOX_ANSWER_CUT, and as
   * `run`.
   */
  list(...topic: readonly string[]): Promise<string>;
  /** `showvminfo` of a machine. Errors: VM_UNKNOWN, VM_INACCESSIBLE, and as `run`. */
  show(uuid: string): Promise<VmInfo>;
  /**
   * The same of a machine that may be gone. undefined: VirtualBox itself says that it does not know it. `inaccessible`:
   * it does, and cannot read its settings. Errors: as `run`.
   */
  find(uuid: string): Promise<VmInfo | 'inaccessible' | undefined>;
}

/**
 * English texts, and all letters: in the locale C VBoxManage refuses a path with an umlaut, and ends a list at the
 * first name that has one. C.UTF-8 is everywhere that Node.js 20 runs but on macOS, all of which have en_US.UTF-8;
 * Windows asks no variable.
 */
const localeOf = ({ platform }: Computer): string => (platform === 'darwin' ? 'en_US.UTF-8' : 'C.UTF-8');

type ToolContext = Pick<DriverContext, 'run' | 'env' | 'signal'>;

/** The only place that runs VBoxManage: argv, one locale, stdin closed. Errors: VIRTUALBOX_MISSING (exit 3). */
export async function openTool(
  context: ToolContext,
  computer: Computer,
  service: Service = serviceOfUser(),
): Promise<VBoxManage> {
  const path = await findTool(context.env, computer);
  const patiently = patientCalls({ ...context, run: inService(context.run, service) }, path, localeOf(computer));
  const show = async (uuid: string): Promise<VmInfo> => {
    const { stdout } = await patiently(['showvminfo', uuid, '--machinereadable'], {}, verdictOfInfo);
    const info = parseVmInfo(stripWarning(stdout).text);
    if (info === undefined) throw new Error('showvminfo without a state passed');
    return info;
  };
  return {
    ...toolPaths(path, context.env),
    path,
    computer,
    async run(args, options = {}) {
      const { stdout, stderr } = await patiently(args, options, verdictOf);
      const { text, warning } = stripWarning(stdout);
      return { stdout: text, stderr, warning };
    },
    async list(...topic) {
      const { stdout } = await patiently(['list', ...topic], {}, (output) => verdictOfList(topic, output));
      return stripWarning(stdout).text;
    },
    show,
    async find(uuid) {
      try {
        return await show(uuid);
      } catch (error) {
        if (codeOf(error) === 'VM_UNKNOWN') return undefined;
        if (codeOf(error) === 'VM_INACCESSIBLE') return 'inaccessible';
        throw error;
      }
    },
  };
}

type PatientCall = (
  args: readonly string[],
  options: CallOptions,
  judge: (output: ToolOutput) => Verdict,
) => Promise<ToolOutput>;

/** `--version` is all that does without the service. */
const inService =
  (run: ToolContext['run'], service: Service): ToolContext['run'] =>
  (file, args, options) =>
    args[0] === '--version' ? run(file, args, options) : service.call(() => run(file, args, options));

/** Calls that are tried again as long as their failure is one that passes. */
function patientCalls(context: ToolContext, path: string, locale: string): PatientCall {
  const inherited = Object.entries(context.env).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const env = { ...Object.fromEntries(inherited), LANG: locale, LC_ALL: locale };
  const attempt = async (args: readonly string[], timeoutMs: number): Promise<ToolOutput> => {
    try {
      // In a process group of its own: VBoxSVC and the machines are its children, and Ctrl-C would end them all.
      return await context.run(path, args, { timeoutMs, signal: context.signal, env, detached: true });
    } catch (error) {
      if (codeOf(error) !== 'ENOENT' && codeOf(error) !== 'EACCES') throw error;
      throw new SwarmupError('VIRTUALBOX_MISSING', `${path} cannot be run`, { cause: error });
    }
  };
  return async (args, { kind = 'quick', alsoTransient }, judge) => {
    for (let attempts = 1; ; attempts++) {
      const output = await attempt(args, deadlines[kind]);
      const verdict = judge(output);
      if (verdict === 'good') return output;
      const passes = verdict === 'cut' || isTransient(output) || alsoTransient?.test(output.stderr) === true;
      if (!passes || attempts === maxAttempts) {
        if (verdict === 'cut') throw cutAnswer(`VBoxManage ${args.join(' ')}`, output);
        throw failureOf(`VBoxManage ${args[0] ?? ''}`, output);
      }
      const pauseMs = firstPauseMs * 2 ** (attempts - 1) * (1 + Math.random() / 2);
      await sleepFor(pauseMs, undefined, { signal: context.signal }).catch(() => {
        context.signal.throwIfAborted();
      });
    }
  };
}
