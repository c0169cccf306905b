import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf, SwarmupError } from '../../../lib/errors.js';
import type { CreateContext } from '../../driver.js';
import type { VirtualBoxOptions } from '../options.js';
import { consoleFile, type VirtualBoxState } from '../state.js';
import { failureOf } from '../tool/failures.js';
import { parseLongList, type VmInfo } from '../tool/parse.js';
import type { VBoxManage } from '../tool/vboxmanage.js';
import { platformOf, serialPort } from './hardware.js';
import { ensureHostOnly } from './host-only.js';
import { withShared } from './machine-lock.js';
import { chooseSshPort, isFree } from './ports.js';
import { cutPower, showSettled } from './settle.js';

export interface StartJob {
  readonly tool: VBoxManage;
  readonly context: CreateContext<VirtualBoxState>;
  readonly options: VirtualBoxOptions;
}

/**
 * Starts a machine from any state; the caller holds its lock. Resolves to its state with its present port, saved.
 * Errors: those of `failureOf`; VM_BUSY.
 */
export async function startVm(job: StartJob, state: VirtualBoxState): Promise<VirtualBoxState> {
  const { tool } = job;
  const info = await showSettled(job, state.vm);
  switch (info.state) {
    case 'running':
      return state;
    case 'paused':
      await tool.run(['controlvm', state.vm, 'resume']);
      return state;
    case 'gurumeditation':
      await cutPower(job, state.vm);
      break;
    case 'poweroff':
    case 'aborted':
    case 'saved':
    case 'aborted-saved':
      break;
    default:
      throw new SwarmupError('VM_BUSY', `${state.name} is ${info.state}: it cannot be started now`, {
        host: state.name,
        retryable: true,
        hints: ['wait until VirtualBox has finished its work on the machine, then try again'],
      });
  }
  return launchVm(job, await prepareNetwork(job, state, info), info.logFolder);
}

/** Starts a machine that is off and whose network was just set up. Resolves as `startVm`. */
export async function launchVm(job: StartJob, state: VirtualBoxState, logFolder: string): Promise<VirtualBoxState> {
  job.context.log('starting the virtual machine');
  await launch(job, state);
  return moveBusyPort(job, state, logFolder);
}

/**
 * The network may have been removed since (by a reboot or the GUI), and another program may use the port of sshd. A
 * machine from a time when machines had no serial port gets one.
 */
async function prepareNetwork(
  { tool, context, options }: StartJob,
  state: VirtualBoxState,
  info: VmInfo,
): Promise<VirtualBoxState> {
  const saved = info.state === 'saved' || info.state === 'aborted-saved';
  return withShared(context, async () => {
    // Cards cannot be changed while a memory image of the machine is kept; forwarded ports can.
    const network = await ensureHostOnly(tool, options.hostOnly);
    const rule = info.rules.find(({ name }) => name === 'ssh');
    const keepsPort = rule?.hostPort === state.sshPort && (await isFree(state.sshPort, '127.0.0.1'));
    const sshPort = keepsPort ? state.sshPort : await choosePort(tool, state.vm);
    const changes = [
      ...(saved || isIn(info, network) ? [] : network),
      ...(saved || info.values.get('uart1') !== 'off'
        ? []
        : serialPort(platformOf(tool.computer), tool.toTool(consoleFile(state)))),
      ...(keepsPort
        ? []
        : [...(rule === undefined ? [] : ['--natpf1', 'delete', 'ssh']), '--natpf1', sshRule(sshPort)]),
    ];
    if (changes.length > 0) await tool.run(['modifyvm', state.vm, ...changes]);
    return rename(context, state, sshPort);
  });
}

/** Whether the second card is in the network already. */
function isIn({ values }: VmInfo, network: readonly string[]): boolean {
  return ['hostonlyadapter2', 'hostonly-network2'].some((key) => values.get(key) === network.at(-1));
}

const choosePort = async (tool: VBoxManage, vm: string): Promise<number> =>
  chooseSshPort(parseLongList(await tool.list('--long', 'vms')), vm);

async function rename(
  { save }: CreateContext<VirtualBoxState>,
  state: VirtualBoxState,
  sshPort: number,
): Promise<VirtualBoxState> {
  if (sshPort === state.sshPort) return state;
  const moved = { ...state, sshPort };
  await save(moved);
  return moved;
}

export const sshRule = (port: number): string => `ssh,tcp,127.0.0.1,${String(port)},,22`;

async function launch(job: StartJob, { vm }: VirtualBoxState): Promise<void> {
  const { tool, options } = job;
  try {
    await tool.run(['startvm', vm, '--type', options.uiType], { kind: 'slow' });
  } catch (error) {
    // Another program (the GUI) was faster: the machine runs as wanted.
    if (codeOf(error) === 'VM_LOCKED' && (await showSettled(job, vm)).state === 'running') return;
    throw await explainStart(tool, vm, error);
  }
}

/** Why a machine did not start is often said in its log only. */
async function explainStart(tool: VBoxManage, vm: string, error: unknown): Promise<unknown> {
  if (!(error instanceof SwarmupError) || !error.message.includes('terminated unexpectedly during startup'))
    return error;
  const { warning } = await tool.run(['--version']);
  if (warning !== undefined)
    return new SwarmupError('KERNEL_MODULE_MISSING', `VirtualBox cannot start machines: ${warning}`, {
      exitCode: 3,
      hints: [
        'sudo modprobe vboxdrv',
        'or build the module: sudo /sbin/vboxconfig (Debian: apt install virtualbox-dkms)',
      ],
      cause: error,
    });
  const { logFolder } = await tool.show(vm);
  const log = await readLog(tool, logFolder);
  const said = log.split('\n').findLast((text) => /VERR_|error/i.test(text));
  if (said === undefined) return error;
  // As if VBoxManage itself had said it: then its remedy is known.
  const stderr = `VBoxManage: error: ${said.trim()}`;
  const { code, message, exitCode, hints } = failureOf('VBoxManage startvm', { exitCode: 1, stdout: '', stderr });
  const file = join(tool.fromTool(logFolder), 'VBox.log');
  return new SwarmupError(code, message, { exitCode, hints: [...hints, `see ${file}`], cause: error });
}

const readLog = (tool: VBoxManage, logFolder: string): Promise<string> =>
  readFile(join(tool.fromTool(logFolder), 'VBox.log'), 'utf8').catch(() => '');

/**
 * A machine starts without a warning if a forwarded port was taken after it was chosen: only its log shows that. The
 * rule is then moved while the machine runs.
 */
async function moveBusyPort(
  { tool, context }: StartJob,
  state: VirtualBoxState,
  logFolder: string,
): Promise<VirtualBoxState> {
  let current = state;
  for (let attempts = 0; attempts < 3; attempts++) {
    const log = await readLog(tool, logFolder);
    if (!log.includes(`failed to set up redirection of ${String(current.sshPort)} to`)) return current;
    context.log(`port ${String(current.sshPort)} is in use: moving SSH to another port`);
    current = await withShared(context, async () => {
      const port = await choosePort(tool, state.vm);
      await tool.run(['controlvm', state.vm, 'natpf1', 'delete', 'ssh']);
      await tool.run(['controlvm', state.vm, 'natpf1', sshRule(port)]);
      return rename(context, current, port);
    });
  }
  return current;
}
