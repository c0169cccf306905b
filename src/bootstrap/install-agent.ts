import { SwarmupError } from '../lib/errors.js';
import { inSwarm, swarmup } from '../lib/typed-command.js';
import type { Runner } from '../ssh/runner.js';
import type { AgentFiles } from './agent-files.js';
import { agentPaths, oldestNode } from './agent-paths.js';
import { agentStateScript, installAgentScript, removeAgentScript } from './agent-scripts.js';
import { nodeSources, type NodeSource } from './bring-node.js';
import { runScript } from './remote-script.js';

interface InstallAgentOptions extends NodeSource {
  /** That the host is a manager of, for hints. */
  readonly swarm: string | null;
  readonly files: AgentFiles;
  readonly signal?: AbortSignal | undefined;
  /** What is being done right now, in a few words. */
  readonly detail?: (message: string) => void;
}

export type AgentChange = 'installed' | 'upgraded' | 'unchanged';

const scriptTimeoutMs = 120_000;

/**
 * Makes sure that a host runs this agent: one script, which does not change anything that is already correct. Only a
 * host without a new enough Node.js gets one first: the package of its distribution if that is new enough, else a copy
 * of the Node.js that runs swarmup, if it runs there. It promises only that the service was started. Errors:
 * AGENT_NEEDS_NODE with the reason; REMOTE_COMMAND_FAILED with the step that failed; SSH_LOST, TIMEOUT.
 */
export async function installAgent(runner: Runner, options: InstallAgentOptions): Promise<AgentChange> {
  const { files, signal, detail = () => undefined } = options;
  const run = async (): Promise<ReadonlyMap<string, string>> => {
    const script = installAgentScript(files, agentPaths);
    return valuesOf((await runScript(runner, script, { signal, timeoutMs: scriptTimeoutMs })).stdout);
  };
  const first = await run();
  if (first.get('result') !== 'no-node') return changeOf(runner.host, first);
  const whyNot: string[] = [];
  for (const bring of nodeSources) {
    const why = await bring(runner, { ...options, detail });
    const then = why === undefined ? await run() : first;
    if (then.get('result') !== 'no-node') return changeOf(runner.host, then);
    whyNot.push(why ?? 'the package of the distribution was installed, but its Node.js was not found');
  }
  throw needsNode(runner.host, options.swarm, first.get('old') ?? '', whyNot);
}

function needsNode(host: string, swarm: string | null, old: string, whyNot: readonly string[]): SwarmupError {
  const has = old === '' ? 'has no Node.js' : `has Node.js ${old}`;
  const message = `${host} ${has}, but the agent needs ${oldestNode} or newer: ${whyNot.join('; ')}`;
  return new SwarmupError('AGENT_NEEDS_NODE', message, {
    host,
    hints: [
      `install Node.js ${oldestNode} or newer on ${host}, then: ${swarmup`agent install ${inSwarm(swarm)} ${host}`}`,
      'all other parts of swarmup work without the agent',
    ],
  });
}

function changeOf(host: string, values: ReadonlyMap<string, string>): AgentChange {
  const result = values.get('result');
  if (result === 'installed' || result === 'upgraded' || result === 'unchanged') return result;
  throw new SwarmupError('AGENT_INSTALL_FAILED', `${host} did not report whether the agent was installed`, { host });
}

/**
 * Removes the agent and all its files from a host, but not the packages of the distribution. It is not an error if
 * there is no agent.
 */
export async function removeAgent(
  runner: Runner,
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<'removed' | 'unchanged'> {
  const { stdout } = await runScript(runner, removeAgentScript(agentPaths), options);
  return valuesOf(stdout).get('result') === 'removed' ? 'removed' : 'unchanged';
}

/** The agent as systemd of its host sees it. */
export interface InstalledAgent {
  /** systemd's ActiveState: active, activating (between two tries), failed, inactive. */
  readonly unit: string;
  /** Of its files; null for one that swarmup did not write. */
  readonly version: string | null;
  /** Of the Node.js that runs it, as in `v18.20.4`; null when that is gone. */
  readonly node: string | null;
  /** Charged to its cgroup; null when the kernel does not tell. */
  readonly memoryBytes: number | null;
  readonly restarts: number;
  /** The last lines of its journal, where the unit is not active; with `journal: 'always'` else since its start. */
  readonly journal: readonly string[];
}

/** Inspects the agent of a host; changes nothing. undefined: there is no agent. */
export async function readAgent(
  runner: Runner,
  { signal, journal }: { readonly signal?: AbortSignal | undefined; readonly journal?: 'always' } = {},
): Promise<InstalledAgent | undefined> {
  const { stdout } = await runScript(runner, agentStateScript(agentPaths, journal), { signal });
  const values = valuesOf(stdout);
  const unit = values.get('unit');
  if (unit === undefined || unit === 'absent') return undefined;
  const memory = values.get('memory') ?? '';
  return {
    unit,
    version: textOrNull(values.get('version')),
    node: textOrNull(values.get('node')),
    // "[not set]", or 2^64-1 from older ones: systemd does not know.
    memoryBytes: /^\d{1,15}$/.test(memory) ? Number(memory) : null,
    restarts: Number(values.get('restarts') ?? 0) || 0,
    journal: stdout.split('\n').flatMap((line) => (line.startsWith('journal=') ? [line.slice(8)] : [])),
  };
}

const textOrNull = (text: string | undefined): string | null => (text === undefined || text === '' ? null : text);

/** `key=value` lines, the last of each key. */
function valuesOf(stdout: string): ReadonlyMap<string, string> {
  const lines = stdout.split('\n').filter((line) => line.includes('='));
  return new Map(lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));
}
