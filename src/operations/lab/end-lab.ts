import { SwarmupError } from '../../lib/errors.js';
import { exitCodes } from '../../lib/exit-codes.js';
import type { OperationContext } from '../access/context.js';
import { type LabRequest, loadLab } from './load-lab.js';
import { lockHosts } from '../access/lock-hosts.js';
import { labRecords } from './observe-lab.js';
import { stopHosts } from '../hosts/power.js';
import { describeRemoval, removeHosts } from '../hosts/remove-hosts.js';
import type { HostsResult } from '../access/results.js';
import { runHook } from './run-hook.js';

export interface LabHostsResult extends HostsResult {
  readonly lab: string;
}

const lockTimeoutMs = 60_000;

interface DownRequest extends LabRequest {
  /** Only tells which would be stopped. */
  readonly dryRun: boolean;
}

/** Stops all hosts of a lab; `up` starts them again. Errors: those of `loadLab` and `stopHosts`; LOCKED (exit 5). */
export async function downLab(context: OperationContext, request: DownRequest): Promise<LabHostsResult> {
  const { dryRun } = request;
  const lab = await loadLab(context, request);
  const stop = async (): Promise<LabHostsResult> => {
    const names = (await labRecords(context, lab.name)).map(({ name }) => name);
    // The swarm loses its quorum: that is what was asked for.
    return { lab: lab.name, ...(await stopHosts(context, names, { force: true, dryRun })) };
  };
  return dryRun ? stop() : lockHosts(context, [{ name: '', swarm: lab.name }], lockTimeoutMs, stop);
}

interface DestroyRequest extends LabRequest {
  /** Also hosts that do not answer. */
  readonly force: boolean;
  /** Only tells which would be removed; nobody is asked. */
  readonly dryRun: boolean;
  /** Asked with a line a host before anything is removed; throws to stop. */
  readonly approve: (lines: readonly string[]) => Promise<void>;
}

/**
 * Removes all hosts of a lab with everything on them; fine when there are none. Hosts without the mark of the lab stay.
 * Errors: LAB_PROTECTED (exit 3); those of `approve` and `removeHosts`; HOOK_FAILED; LOCKED (exit 5).
 */
export async function destroyLab(context: OperationContext, request: DestroyRequest): Promise<LabHostsResult> {
  const lab = await loadLab(context, request);
  if (lab.protect)
    throw new SwarmupError('LAB_PROTECTED', `lab ${lab.name} is protected: nothing is removed`, {
      exitCode: exitCodes.preflight,
      hints: [`take "protect: true" out of ${lab.files.at(-1) ?? request.file} first`],
    });
  const { force, dryRun } = request;
  const namesNow = async (): Promise<readonly string[]> =>
    (await labRecords(context, lab.name)).map(({ name }) => name);
  if (dryRun) return { lab: lab.name, ...(await removeHosts(context, { names: await namesNow(), force, dryRun })) };
  return lockHosts(context, [{ name: '', swarm: lab.name }], lockTimeoutMs, async () => {
    const names = await namesNow();
    if (names.length === 0) return { lab: lab.name, hosts: [] };
    await request.approve(await describeRemoval(context, names));
    await runHook(context, lab, 'before-destroy');
    return { lab: lab.name, ...(await removeHosts(context, { names, force, locked: true })) };
  });
}
