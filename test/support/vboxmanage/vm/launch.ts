import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, openSync, realpathSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readRegistry } from '../home.js';
import { logFolder } from '../machines.js';
import type { Machine } from '../model.js';
import { forgetVmProcess, writeVmProcess } from '../sessions.js';

/**
 * Starts the process that runs a machine and waits until it does. Undefined when it runs, else the reasons. The process
 * outlives this call, and any other.
 */
export async function launchVm(machine: Machine): Promise<string | undefined> {
  const refusal = missing(machine);
  if (refusal !== undefined) return refusal;
  const log = openSync(freshLog(machine), 'a');
  const program = join(dirname(realpathSync(process.argv[1] ?? '')), 'VBoxHeadless');
  const child = spawn(process.execPath, [program, machine.uuid, machine.settingsFile], {
    detached: true,
    stdio: ['ignore', log, log, 'pipe'],
    cwd: '/',
  });
  // Until it says that it is there, nobody else may have the session, and whoever started it need not wait for that.
  if (child.pid !== undefined) markSpawning(machine, child.pid);
  const { 3: channel } = child.stdio;
  let said = '';
  for await (const text of channel as AsyncIterable<Buffer>) said += text.toString();
  child.unref();
  if (said.trim() === 'ready') return undefined;
  forgetVmProcess(machine.uuid);
  return said.trim() === '' ? `The process of the machine ended: see ${logFolder(machine)}/VBox.log` : said.trim();
}

function markSpawning({ uuid }: Machine, pid: number): void {
  writeVmProcess(uuid, { pid, socket: '', state: 'spawning', stateChanged: new Date().toISOString() });
}

/** What the real one finds out before anything runs. A missing DVD image is an empty drive. */
function missing({ hardware }: Machine): string | undefined {
  const { hostOnly, media } = readRegistry();
  const adapter = hardware.nics
    .filter(({ attachment }) => attachment === 'hostonly')
    .map(({ networks }) => networks['hostonly'] ?? '')
    .find((name) => !hostOnly.some((known) => known.name === name));
  if (adapter !== undefined) return `Nonexistent host networking interface, name '${adapter}' (VERR_INTERNAL_ERROR)`;
  const disks = hardware.controllers.flatMap(({ attachments }) => attachments).filter(({ kind }) => kind === 'hdd');
  const gone = disks.some(({ medium }) => !existsSync(media.find(({ uuid }) => uuid === medium)?.location ?? ''));
  return gone ? 'File not found. (VERR_FILE_NOT_FOUND)' : undefined;
}

/** The log of a run; the one before is kept beside it. */
function freshLog(machine: Machine): string {
  const folder = logFolder(machine);
  mkdirSync(folder, { recursive: true });
  const log = join(folder, 'VBox.log');
  if (existsSync(log)) renameSync(log, `${log}.1`);
  return log;
}
