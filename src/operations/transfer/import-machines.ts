import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { errorJson } from '../../lib/error-json.js';
import type { ErrorJson } from '../../lib/errors.js';
import type { SshAddress, SshLogin } from '../../lib/ssh-login.js';
import { type OldMachine, readDockerMachineStore } from '../../machine/docker-machine-store.js';
import type { MachineRecord } from '../../machine/machine-record.js';
import { proposeName } from '../../machine/check-names.js';
import { isName } from '../../machine/names.js';
import type { Plan } from '../../plan/plan.js';
import { namesOwnFilesOnly } from './plugin-record.js';
import type { HostKeyTrust } from '../../ssh/log-in.js';
import { carryOut } from '../access/carry-out.js';
import type { OperationContext } from '../access/context.js';
import { hostOutcomes, hostSteps } from '../access/host-steps.js';
import { underSignal } from '../access/under-signal.js';
import { keyFiles } from '../access/host-keys.js';
import {
  certificates,
  driverByAddress,
  type ImportedMachine,
  importedRecord,
  nameTaken,
  type Planned,
  requireFree,
  type TakenOver,
} from './imported-record.js';
import { driverContext } from '../access/driver-context.js';

interface ImportMachinesRequest {
  /** Folder of the docker-machine store. */
  readonly from: string;
  readonly dryRun: boolean;
  readonly trust: HostKeyTrust;
}

export interface ImportMachinesResult {
  readonly from: string;
  readonly dryRun: boolean;
  readonly machines: readonly ImportedMachine[];
}

/**
 * Adopts the machines of a docker-machine store: their keys and certificates are copied, the store is only read. The
 * machines do not change: swarmup logs in once to pin the host key. Their certificates keep working until `create`,
 * `provision` or `regenerate-certs` gives them one of swarmup's own authority. A machine that cannot be adopted is
 * reported, and the others are adopted. Errors: STORE_NOT_FOUND (exit 2).
 */
export async function importMachines(
  context: OperationContext,
  request: ImportMachinesRequest,
): Promise<ImportMachinesResult> {
  const { machines, unusable } = await readDockerMachineStore(request.from);
  const plugins = await context.drivers.found();
  const planned = await Promise.all(machines.map((machine) => plan(context, machine, plugins)));
  const failed = unusable.map(({ name, driver, error }) => failure(name, driver, error));
  const adoption = () => planAdoption(context, request, planned);
  const done = await carryOut(context, { plan: adoption }, { dryRun: request.dryRun });
  const all = [...done, ...failed].sort((a, b) => (a.name < b.name ? -1 : 1));
  return { from: request.from, dryRun: request.dryRun, machines: all };
}

const failure = (name: string, driver: string | undefined, error: unknown): ImportedMachine => ({
  name,
  formerDriver: driver ?? null,
  driver: null,
  ssh: null,
  status: 'failed',
  error: errorJson(error),
});

async function plan(context: OperationContext, machine: OldMachine, plugins: readonly string[]): Promise<Planned> {
  const { name: old, driver: formerDriver, ssh } = machine;
  const name = isName(old) ? old : (proposeName(old) ?? old);
  const id = randomUUID();
  const heir = context.drivers.declarations.find(({ takesOver }) => takesOver === formerDriver)?.name;
  const taken = heir === undefined ? undefined : await takenOver(context, heir, { id, name }, machine);
  const hasPlugin = taken === undefined && plugins.includes(formerDriver);
  const isOwn = namesOwnFilesOnly(machine.driverConfig);
  if (hasPlugin && !isOwn) warnOfFiles(context, name, formerDriver);
  const plugin = hasPlugin && isOwn ? formerDriver : driverByAddress(context);
  const row = {
    name,
    ...(name !== old && { formerName: old }),
    formerDriver,
    driver: taken === undefined ? plugin : (heir ?? plugin),
    ssh: `${ssh.user}@${ssh.host}:${ssh.port}`,
  };
  return { machine, id, row, taken };
}

function warnOfFiles({ report }: OperationContext, host: string, driver: string): void {
  const message = `${host} is reached over SSH only: its record names files outside of the store, so the driver ${driver} does not get it`;
  report({ type: 'warning', host, message });
}

async function takenOver(
  context: OperationContext,
  heir: string,
  host: { readonly id: string; readonly name: string },
  { driverConfig }: OldMachine,
): Promise<TakenOver | undefined> {
  const driver = await context.drivers.get(heir);
  const options = await context.drivers.options(heir, {}, context.env);
  return driver.takeOver?.(driverContext(context, driver, options), host, driverConfig);
}

/** Of two names that would be the same here the first one wins. */
function planAdoption(
  context: OperationContext,
  request: ImportMachinesRequest,
  planned: readonly Planned[],
): Plan<readonly ImportedMachine[]> {
  const byName = new Map([...planned].reverse().map((one) => [one.row.name, one]));
  const doubles = planned.filter((one) => byName.get(one.row.name) !== one);
  const steps = hostSteps([...byName.keys()], {
    title: 'import',
    done: 'imported',
    planned: 'would-import',
    look: async (name) => {
      await requireFree(context, name);
      return 'changed';
    },
    act: async (name, step) => {
      const one = byName.get(name);
      if (one !== undefined) await adoptOne(underSignal(context, step.signal), request, one, step.detail);
      return 'changed';
    },
  });
  const failed = ({ row }: Planned, error: ErrorJson): ImportedMachine => ({ ...row, status: 'failed', error });
  return {
    steps,
    result: (outcome) => [
      ...hostOutcomes(steps, outcome).flatMap(({ name, error }) => {
        const one = byName.get(name);
        if (one === undefined) return [];
        if (error !== undefined) return failed(one, error);
        return { ...one.row, status: request.dryRun ? ('would-import' as const) : ('imported' as const) };
      }),
      ...doubles.map((one) => failed(one, errorJson(nameTaken(one.row.name)))),
    ],
  };
}

/** The record is written last: what fails before leaves nothing that counts as a host. */
async function adoptOne(
  context: OperationContext,
  request: ImportMachinesRequest,
  planned: Planned,
  detail: (message: string) => void,
): Promise<void> {
  const { machine, row } = planned;
  const { name } = row;
  await requireFree(context, name);
  detail(`log in to ${machine.ssh.host} to pin its host key`);
  const { endpoint } = await context.enroll(name, loginOf(machine), { signal: context.signal, trust: request.trust });
  await context.disconnect(name);
  const key = machine.keyPath === undefined ? undefined : await readFile(machine.keyPath, 'utf8');
  const record = await importedRecord(context, planned, { key, enrolled: endpoint });
  detail('copy its key and certificates');
  try {
    await copyFiles(context, planned, key, record);
    await context.store.add(record);
  } catch (error) {
    await context.store.remove(name);
    throw error;
  }
}

async function copyFiles(
  context: OperationContext,
  { machine, taken }: Planned,
  key: string | undefined,
  record: MachineRecord,
): Promise<void> {
  const { store } = context;
  if (key !== undefined) await store.writeSecret(record.name, keyFiles.user, key);
  for (const [file, content] of machine.certificates ?? [])
    await store.writeSecret(record.name, join(certificates, file), content);
  if (record.driver === driverByAddress(context) || taken !== undefined) return;
  // The plugin keeps using its own record, and looks for its key below it.
  await store.writeSecret(record.name, 'driver/config.json', JSON.stringify(machine.driverConfig));
  const keyFile = join('driver', 'machines', machine.name, basename(machine.keyPath ?? 'id_rsa'));
  if (key !== undefined) await store.writeSecret(record.name, keyFile, key);
}

function loginOf({ ssh, keyPath }: OldMachine): SshAddress {
  const login: SshLogin = {
    identityFiles: keyPath === undefined ? [] : [keyPath],
    ...(keyPath === undefined && { agent: 'SSH_AUTH_SOCK' }),
    jumps: [],
    policy: { knownHosts: [], unknown: 'ask' },
  };
  return { ...ssh, login };
}
