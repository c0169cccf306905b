import { arch, platform, userInfo } from 'node:os';
import { SwarmupError } from '../../lib/errors.js';
import type { CreateContext, Driver, DriverContext, DriverImages, DriverSnapshots } from '../driver.js';
import { takeTurns } from '../turns.js';
import { virtualBoxDeclaration } from './declaration.js';
import { consoleFile, describeHost, type VirtualBoxState } from './state.js';
import type { VirtualBoxOptions } from './options.js';
import type { Computer } from './tool/find-tool.js';
import { serviceOfUser } from './tool/service.js';
import type { VBoxManage } from './tool/vboxmanage.js';
import { hostsAtOnce } from './vm/hosts-at-once.js';
import { inspectVms } from './vm/inspect-vms.js';

/**
 * The `virtualbox` driver, which follows the behaviour of the real VBoxManage (docs/drivers/virtualbox.md). Code that
 * only some verbs need is loaded when they run, because listing hosts must be quick.
 */
export function createVirtualBoxDriver(computer: Computer = thisComputer()): Driver<VirtualBoxState> {
  const inTurn = takeTurns();
  const atOnce = hostsAtOnce();
  const service = serviceOfUser();
  /** What a verb that works on one machine needs. */
  const job = async <C extends DriverContext>(context: C, state?: VirtualBoxState) => {
    if (state !== undefined) requireOwnUser(state, computer);
    const [{ openTool }, { virtualBoxOptions }] = await Promise.all([
      import('./tool/vboxmanage.js'),
      import('./options.js'),
    ]);
    const tool = await openTool(context, computer, service);
    return { tool, context: inTurn(context), options: virtualBoxOptions(context.options) };
  };
  return {
    ...virtualBoxDeclaration,
    snapshots: snapshots(job),
    images: images(computer),
    inventory: inventory(job),

    async check(context, names) {
      atOnce.expect(names);
      const { checkHost } = await import('./check-host.js');
      return checkHost(inTurn(context), { computer, service }, names);
    },

    async create(context, host, state) {
      const { createVm } = await import('./vm/create-vm.js');
      return createVm({ ...(await job(context, state)), atOnce }, host, state);
    },

    stateFromOutside: async (state, host) => (await import('./outside-state.js')).virtualBoxState(state, host),

    consoleFile,

    inspect: (context, states) => inspectVms(context, { computer, service }, states),

    async start(context, state) {
      const [{ startVm }, { withMachine }] = await Promise.all([
        import('./vm/start-vm.js'),
        import('./vm/machine-lock.js'),
      ]);
      const work = await job(context, state);
      return withMachine(work.context, state.vm, async () => describeHost(await startVm(work, state)));
    },

    async stop(context, state, { force }) {
      const { stopVm } = await import('./vm/stop-vm.js');
      await stopVm(await job(context, state), state, force);
    },

    async remove(context, host, state) {
      const { removeHost } = await import('./vm/remove-host.js');
      await removeHost(await job(context, state), host, state);
    },
  };
}

type Job = <C extends DriverContext>(
  context: C,
  state?: VirtualBoxState,
) => Promise<{
  readonly tool: VBoxManage;
  readonly context: C;
  readonly options: VirtualBoxOptions;
}>;

function snapshots(job: Job): DriverSnapshots<VirtualBoxState> {
  const load = async () => (await import('./vm/snapshots.js')).vmSnapshots;
  return {
    list: async (context, state) => (await load()).list(await job(context, state), state),
    take: async (context, state, name) => (await load()).take(await job(context, state), state, name),
    restore: async (context: CreateContext<VirtualBoxState>, state, name) =>
      (await load()).restore(await job(context, state), state, name),
    remove: async (context, state, name) => (await load()).remove(await job(context, state), state, name),
  };
}

function inventory(job: Job): NonNullable<Driver<VirtualBoxState>['inventory']> {
  const load = async () => (await import('./inventory.js')).vmInventory;
  return {
    list: async (context, states) => (await load()).list(await job(context), states),
    remove: async (context, things) => (await load()).remove(await job(context), things),
    rebuild: async (context, machine, things) => (await load()).rebuild(await job(context), machine, things),
  };
}

function images(computer: Computer): DriverImages {
  const cache = async (context: DriverContext) =>
    (await import('./image/cache.js')).openImageCache(context, computer.arch === 'arm64' ? 'arm64' : 'amd64');
  return {
    list: async (context) => (await cache(context)).list(),
    known: async () => (await import('./image/sources.js')).knownImages,
    pull: async (context, name, digest) => (await cache(context)).pull(name, digest),
    import: async (context, file, name) => (await cache(context)).import(file, name),
    remove: async (context, name) => (await cache(context)).remove(name),
  };
}

function thisComputer(): Computer {
  const { uid } = userInfo();
  return { platform: platform(), arch: arch(), uid: uid < 0 ? undefined : uid };
}

/** Each user has a registry of his own: another one would find nothing, and remove the files of what he does not see. */
function requireOwnUser({ name, uid }: VirtualBoxState, computer: Computer): void {
  if (uid === computer.uid) return;
  throw new SwarmupError(
    'VM_OF_OTHER_USER',
    `the virtual machine of ${name} was made by the user with ID ${String(uid)}`,
    {
      host: name,
      exitCode: 3,
      hints: ['run swarmup as that user: VirtualBox shows each user only their own machines'],
    },
  );
}
