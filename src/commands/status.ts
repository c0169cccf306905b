import { swarmup } from '../lib/typed-command.js';
import { shows } from '../cli/oclif-command.js';
import type { CommandIo } from '../cli/command-io.js';
import type { CommandTools } from '../cli/command.js';
import { hostMeant } from '../operations/access/host-meant.js';
import { nearestManifest } from '../cli/find-manifest.js';
import { labRequest, labFlags } from '../cli/lab-command.js';
import { hostsExitCode, statusCommand } from '../cli/light/status-command.js';
import { timeoutFlag } from '../cli/light/timeout-flag.js';
import { labGraph } from '../cli/render/lab-graph.js';
import { allStatusText, labStatusText } from '../cli/render/lab-status-text.js';
import { usageError } from '../lib/errors.js';
import { exitCodes } from '../lib/exit-codes.js';
import type { AllStatus } from '../operations/lab/all-status.js';
import type { LabStatus, LabStatusRequest } from '../operations/lab/lab-status.js';
import { hostStates } from '../operations/hosts/host-queries.js';

export default shows({
  summary: statusCommand.summary,
  description:
    'Without a name, in the folder of a swarmup.yaml, the command shows the state of the lab. --graph draws its ' +
    'nodes and the tasks on them. --all shows all swarms, and where their labs are. The command exits with code 6 ' +
    'if a lab or a swarm has a problem, or if a named host does not run.',
  examples: [...statusCommand.examples, swarmup`status --all`, swarmup`status --graph --watch`],
  args: {
    name: { description: 'hosts [default: the lab, or the manager of the only swarm]', many: true, names: 'hosts' },
  },
  flags: {
    timeout: { ...timeoutFlag, default: 10 },
    file: labFlags.file,
    graph: { type: 'boolean', char: 'g', description: 'draw a box for each node and a dot for each task' },
    watch: { type: 'boolean', char: 'w', description: 'refresh until Ctrl-C' },
    all: {
      type: 'boolean',
      char: 'a',
      description: 'show all swarms, each with its hosts and the manifest of its lab',
      excludes: ['file', 'graph', 'watch'],
    },
  },
  run: async (call) => {
    const { file, graph, watch, timeout, all } = call.flags;
    const names = call.args.name;
    const timeoutMs = timeout * 1000;
    if (all && names.length > 0)
      throw usageError('FLAGS_CONFLICT', '--all shows all swarms, so no host can be named', swarmup`status ${names}`);
    if (all) return allSwarms(call, timeoutMs);
    const isAboutLab = names.length === 0 && (graph || watch || (file ?? nearestManifest(call.io.cwd)) !== undefined);
    if (isAboutLab) return lab(call, { ...(await labRequest(call, { file })), timeoutMs }, graph, watch);
    return call.operate({ quiet: true }, async (context) =>
      hostStates(context, names.length > 0 ? names : [await hostMeant(context.store)], { timeoutMs }),
    );
  },
  render: (result, { io, flags: { graph } }) => {
    if ('swarms' in result) return allStatusText(io, result);
    if ('lab' in result) return labText(io, result, graph);
    return result.hosts.map(({ state }) => `${state}\n`).join('');
  },
  exitCode: (result) => {
    if ('hosts' in result && !('lab' in result)) return hostsExitCode(result);
    const parts = 'swarms' in result ? result.swarms : [result];
    return parts.some(({ problems }) => problems.length > 0) ? exitCodes.unhealthy : exitCodes.ok;
  },
});

async function allSwarms({ operate }: CommandTools, timeoutMs: number): Promise<AllStatus> {
  const { allStatus } = await import('../operations/lab/all-status.js');
  return operate({ quiet: true }, (context) => allStatus(context, { timeoutMs }));
}

async function lab(
  { io, json, operate }: CommandTools,
  request: LabStatusRequest,
  graph: boolean,
  watch: boolean,
): Promise<LabStatus | undefined> {
  const { labStatus, watchLab } = await import('../operations/lab/lab-status.js');
  if (!watch) return operate({ quiet: true }, (context) => labStatus(context, request));
  const show = (status: LabStatus): void => {
    if (!json && io.isTty('stdout')) io.stdout.write('\u001B[2J\u001B[H');
    io.print(json ? `${JSON.stringify(status)}\n` : `${labText(io, status, graph)}\n`);
  };
  const options = { quiet: true, untilInterrupt: true };
  await operate(options, (context) => watchLab(context, { ...request, intervalMs: 1000 }, show));
  return undefined;
}

const labText = (io: CommandIo, status: LabStatus, graph: boolean): string =>
  graph ? labGraph(io, status, io.stdout.columns || 80) : labStatusText(io, status);
