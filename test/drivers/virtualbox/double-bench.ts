import { execa } from 'execa';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Driver, DriverContext, HostIdentity, OptionValues } from '../../../src/drivers/driver.js';
import type { VirtualBoxState } from '../../../src/drivers/virtualbox/state.js';
import { createVirtualBoxDriver } from '../../../src/drivers/virtualbox/virtualbox-driver.js';
import { withDeadline } from '../../../src/lib/abort.js';
import { processRunner } from '../../../src/lib/local-process.js';
import { driverContexts, testIdentities } from '../../support/driver-context.js';
import { byHand, type ByHand } from '../../support/vboxmanage/by-hand.js';
import { type InstalledVBoxManage, type InstallOptions, installVBoxManage } from '../../support/vboxmanage/install.js';

/** The driver over a VBoxManage double with settings, machines and images of its own. */
export interface DoubleBench extends AsyncDisposable {
  readonly tool: InstalledVBoxManage;
  readonly driver: Driver<VirtualBoxState>;
  /** Folder of the machines. */
  readonly folder: string;
  /** A small image that no machine could boot. */
  readonly image: string;
  /** What VBoxManage was called with so far. */
  readonly calls: (readonly string[])[];
  /** Before each of these calls; may hold it up. */
  onCall: (args: readonly string[]) => Promise<void>;
  /** States of hosts as the machine records would hold them. */
  readonly states: Map<string, VirtualBoxState>;
  context(options?: OptionValues, signal?: AbortSignal): DriverContext;
  create(host: HostIdentity, options?: OptionValues): ReturnType<Driver['create']>;
  start(host: HostIdentity): ReturnType<Driver['create']>;
  state(host: HostIdentity): VirtualBoxState;
  inspect(host: HostIdentity): Promise<string | undefined>;
  remove(host: HostIdentity): Promise<void>;
  /** VBoxManage itself, as a user calls it. */
  vbox(...args: readonly string[]): Promise<string>;
  /** Machines, media and folders that are there. */
  leftovers(): Promise<readonly string[]>;
  /** Makes the host `m1`, uses it, and removes it; fails when something is left of it. */
  withHost(use: (host: HostIdentity) => Promise<void>, options?: OptionValues): Promise<void>;
}

const { identity } = testIdentities();

export async function openDoubleBench(install: InstallOptions = {}): Promise<DoubleBench> {
  const folder = await mkdtemp(join(tmpdir(), 'swarmup-vms-'));
  const tool = await installVBoxManage({ ...install, env: { HOME: folder, ...install.env } });
  const image = join(folder, 'tiny.img');
  const boot = Buffer.alloc(1 << 20);
  boot.writeUInt16BE(0x55aa, 510);
  await writeFile(`${image}.raw`, boot);
  await execa('qemu-img', ['convert', '-O', 'qcow2', `${image}.raw`, image]);
  const calls: (readonly string[])[] = [];
  const base = driverContexts({}, join(folder, 'cache'));
  const driver = createVirtualBoxDriver();
  const states = new Map<string, VirtualBoxState>();
  const hand = byHand(tool, folder);
  const vbox: ByHand['ok'] = (...args) => hand.ok(...args);
  const context: DoubleBench['context'] = (options = {}, signal) => ({
    ...base(signal),
    options: { image, 'disk-size': 1000, folder: join(folder, 'vms'), ...options },
    env: { ...tool.env, HOME: folder },
    run: (file, args, more) => {
      if (!file.endsWith('VBoxManage')) return processRunner(process.env)(file, args, more);
      calls.push(args);
      return withDeadline({ ...more, what: `${file} to finish` }, async (ending) => {
        await bench.onCall(args);
        const { exitCode, stdout, stderr } = await tool.call(args, { env: more.env ?? {}, signal: ending });
        return { exitCode, stdout: stdout.replace(/\n$/, ''), stderr: stderr.replace(/\n$/, '') };
      });
    },
  });
  const save = (host: HostIdentity) => async (state: VirtualBoxState) => void states.set(host.id, state);
  const state = (host: HostIdentity): VirtualBoxState => {
    const found = states.get(host.id);
    if (found === undefined) throw new Error(`nothing was saved of ${host.name}`);
    return found;
  };
  const bench: DoubleBench = {
    tool,
    driver,
    folder: join(folder, 'vms'),
    image,
    calls,
    onCall: () => Promise.resolve(),
    states,
    context,
    state,
    vbox,
    create: (host, options) => driver.create({ ...context(options), save: save(host) }, host, states.get(host.id)),
    start: (host) => driver.start({ ...context(), save: save(host) }, state(host)),
    async inspect(host) {
      const [status] = await driver.inspect(context(), [states.get(host.id)]);
      return status?.state;
    },
    remove: (host) => driver.remove(context(), host, states.get(host.id)),
    async leftovers() {
      const vms = (await vbox('list', 'vms')).split('\n').filter((line) => line !== '');
      const lists = await Promise.all(['hdds', 'dvds'].map((list) => vbox('list', list)));
      const media = lists.flatMap((list) => [...list.matchAll(/^Location: +(.*)$/gm)].map(([, path = '']) => path));
      const folders = await readdir(join(folder, 'vms', 'swarmup')).catch(() => []);
      return [...vms, ...media, ...folders];
    },
    async withHost(use, options) {
      const host = identity('m1');
      await bench.create(host, options);
      await use(host);
      await bench.remove(host);
      const left = await bench.leftovers();
      if (left.length > 0) throw new Error(`left behind: ${left.join(', ')}`);
    },
    async [Symbol.asyncDispose]() {
      await tool[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
  return bench;
}
