import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { usageError } from '../../lib/errors.js';
import type { MachineRecord } from '../../machine/machine-record.js';
import { copyFiles } from '../files/copy-files.js';
import { eachHost } from '../access/each-host.js';
import type { FileLocation } from '../files/file-location.js';
import type { HostsResult } from '../access/results.js';
import type { UserContext } from '../access/context.js';

interface CopyLabRequest {
  readonly hosts: readonly MachineRecord[];
  /** A path that begins with a colon is on every host; either the target is there, or all sources. */
  readonly sources: readonly string[];
  readonly target: string;
  readonly recursive: boolean;
  readonly dryRun: boolean;
}

const isOnHosts = (place: string): boolean => place.startsWith(':');

/** Copies to all hosts, or from all hosts into a folder for each. Errors: COPY_REFUSED (exit 2); per host those of `copyFiles`. */
export async function copyLab(context: UserContext, request: CopyLabRequest): Promise<HostsResult> {
  const { hosts, sources, target, recursive, dryRun } = request;
  const isUpload = isOnHosts(target) && !sources.some(isOnHosts);
  const isDownload = !isOnHosts(target) && sources.every(isOnHosts);
  if (!isUpload && !isDownload)
    throw usageError(
      'COPY_REFUSED',
      'one side has to be on the hosts (:PATH), the other one here',
      'for example: swarmup cp app.conf :/etc/app.conf',
    );
  const place = (host: string, text: string): FileLocation =>
    isOnHosts(text)
      ? { machine: host, user: undefined, path: text.slice(1) }
      : { machine: null, user: undefined, path: text };
  // The progress of each copy is a line of its host.
  const quiet: UserContext = {
    ...context,
    report: (event) => {
      if (event.type === 'warning') context.report(event);
    },
  };
  const names = hosts.map(({ name }) => name);
  const copied = await eachHost(context, names, 'copy', async (name) => {
    const into = isUpload ? target : join(target, name);
    if (isDownload && !dryRun) await mkdir(into, { recursive: true });
    const about = { sources: sources.map((source) => place(name, source)), target: place(name, into) };
    await copyFiles(quiet, { ...about, recursive, dryRun });
    return dryRun ? 'would-copy' : 'copied';
  });
  return { hosts: copied };
}
