import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { usageError } from '../../lib/errors.js';
import { swarmup } from '../../lib/typed-command.js';
import type { MachineRecord } from '../../machine/machine-record.js';
import type { StepChange, StepContext } from '../../plan/step.js';
import { carryOut } from '../access/carry-out.js';
import type { UserContext } from '../access/context.js';
import { hostsPlan, type HostStepOptions } from '../access/host-steps.js';
import { insideStep } from '../access/inside-step.js';
import type { HostsResult } from '../access/results.js';
import { copyFiles } from '../files/copy-files.js';
import type { FileLocation } from '../files/file-location.js';

interface CopyLabRequest {
  readonly hosts: readonly MachineRecord[];
  /** A path that begins with a colon is on every host; either the target is there, or all sources. */
  readonly sources: readonly string[];
  readonly target: string;
  readonly recursive: boolean;
  readonly dryRun: boolean;
}

/** A copy that receives no data for a minute ends by itself; an active copy may take long. */
const copyTimeoutMs = 24 * 60 * 60_000;

const isOnHosts = (place: string): boolean => place.startsWith(':');

/** Copies to all hosts, or from all hosts into a folder for each. Errors: COPY_REFUSED (exit 2); per host those of `copyFiles`. */
export async function copyLab(context: UserContext, request: CopyLabRequest): Promise<HostsResult> {
  const { hosts, sources, target, recursive } = request;
  const isUpload = isOnHosts(target) && !sources.some(isOnHosts);
  const isDownload = !isOnHosts(target) && sources.every(isOnHosts);
  if (!isUpload && !isDownload)
    throw usageError(
      'COPY_REFUSED',
      'one side must be on the hosts (:PATH) and the other on this computer',
      `for example: ${swarmup`cp app.conf :/etc/app.conf`}`,
    );
  const place = (host: string, text: string): FileLocation =>
    isOnHosts(text)
      ? { machine: host, user: undefined, path: text.slice(1) }
      : { machine: null, user: undefined, path: text };
  const names = hosts.map(({ name }) => name);
  const copy = async (name: string, step: StepContext, planned: boolean): Promise<StepChange> => {
    const into = isUpload ? target : join(target, name);
    if (isDownload && !planned) await mkdir(into, { recursive: true });
    const about = { sources: sources.map((source) => place(name, source)), target: place(name, into) };
    await copyFiles(insideStep(context, step), { ...about, recursive, dryRun: planned });
    return 'changed';
  };
  const copying: HostStepOptions = {
    ...{ title: 'copy', done: 'copied', planned: 'would-copy', timeoutMs: copyTimeoutMs },
    act: (name, step) => copy(name, step, false),
    look: (name, step) => copy(name, step, true),
  };
  return carryOut(context, { plan: () => hostsPlan(names, copying, request) }, request);
}
