import { SwarmupError } from '../../lib/errors.js';
import { exitCodes } from '../../lib/exit-codes.js';
import { carryOut, type Change, swarmLock } from '../access/carry-out.js';
import { composed } from '../access/composed.js';
import type { OperationContext } from '../access/context.js';
import type { HostOutcome, HostsResult } from '../access/results.js';
import { stopHosts } from '../hosts/power.js';
import { describeRemoval, removeHosts } from '../hosts/remove-hosts.js';
import { type LabRequest, loadLab } from './load-lab.js';
import { labRecords } from './lab-records.js';
import { runHook } from './run-hook.js';
import { trustLab } from './trust-lab.js';

export interface LabHostsResult extends HostsResult {
  readonly lab: string;
}

interface DownRequest extends LabRequest {
  /** Only reports which hosts would be stopped. */
  readonly dryRun: boolean;
}

/** Stops all hosts of a lab; `up` starts them again. Errors: those of `loadLab` and `stopHosts`; LOCKED (exit 5). */
export async function downLab(context: OperationContext, request: DownRequest): Promise<LabHostsResult> {
  const { name: lab } = await loadLab(context, request);
  // The swarm loses its quorum, as the user asked.
  const stop = (names: readonly string[], dryRun: boolean): Promise<HostsResult> =>
    stopHosts(context, names, { force: true, dryRun, locked: true });
  return carryOut(context, toAllHosts(context, lab, stop), request);
}

interface DestroyRequest extends LabRequest {
  /** Also hosts that do not answer. */
  readonly force: boolean;
  /** Only reports which hosts would be removed; no question is asked. */
  readonly dryRun: boolean;
  /** Asked with a line a host before anything is removed; throws to stop. */
  readonly approve: (lines: readonly string[]) => Promise<void>;
}

/**
 * Removes all hosts of a lab with everything on them; a lab without hosts is not an error. Hosts without the mark of
 * the lab stay. Errors: LAB_PROTECTED (exit 3); those of `approve` and `removeHosts`; HOOK_FAILED; LOCKED (exit 5).
 */
export async function destroyLab(context: OperationContext, request: DestroyRequest): Promise<LabHostsResult> {
  const lab = await loadLab(context, request);
  if (lab.protect)
    throw new SwarmupError('LAB_PROTECTED', `lab ${lab.name} is protected, so nothing was removed`, {
      exitCode: exitCodes.preflight,
      hints: [`remove "protect: true" from ${lab.files.at(-1) ?? request.file} first`],
    });
  if (!request.dryRun && lab.hooks?.['before-destroy'] !== undefined) await trustLab(context, lab, request.askTrust);
  const { force } = request;
  const remove = (names: readonly string[], dryRun: boolean): Promise<HostsResult> =>
    removeHosts(context, { names, force, dryRun, locked: true });
  const approve = async (names: readonly string[]): Promise<void> => {
    await request.approve(await describeRemoval(context, names));
    await runHook(context, lab, 'before-destroy');
  };
  return carryOut(context, toAllHosts(context, lab.name, remove, approve), request);
}

/** The same done to all hosts of a lab, if it has some. */
function toAllHosts(
  context: OperationContext,
  lab: string,
  act: (names: readonly string[], dryRun: boolean) => Promise<HostsResult>,
  approve?: (names: readonly string[]) => Promise<void>,
): Change<LabHostsResult> {
  return {
    locks: swarmLock(lab),
    lockTimeoutMs: 60_000,
    plan: async () => {
      const names = (await labRecords(context, lab)).map(({ name }) => name);
      let hosts: readonly HostOutcome[] = [];
      const work = async (dryRun: boolean): Promise<void> => {
        ({ hosts } = await act(names, dryRun));
      };
      return {
        ...composed(names.length === 0 ? {} : { hosts: work }, () => ({ lab, hosts })),
        ...(names.length > 0 && approve !== undefined && { approve: () => approve(names) }),
      };
    },
  };
}
