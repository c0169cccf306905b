import { SwarmupError, usageError } from '../../lib/errors.js';
import { exitCodes } from '../../lib/exit-codes.js';
import type { FileTree } from '../../lib/file-tree.js';
import { localFiles } from '../../lib/local-files.js';
import { singleStep } from '../../plan/single-step.js';
import type { StepContext } from '../../plan/step.js';
import { carryOut } from '../access/carry-out.js';
import type { UserContext } from '../access/context.js';
import { copyEntries } from './copy-entries.js';
import { expandGlob } from './expand-glob.js';
import { type FileLocation, locationText } from './file-location.js';
import { type CopyEnds, type CopyPlan, planCopy } from './plan-copy.js';

export interface CopyRequest {
  /** All on the same machine. */
  readonly sources: readonly FileLocation[];
  readonly target: FileLocation;
  readonly recursive: boolean;
  readonly dryRun: boolean;
}

export interface CopyResult {
  readonly files: number;
  readonly folders: number;
  readonly links: number;
  /** In files. */
  readonly bytes: number;
  /** Sockets, devices and the like, which were not copied. */
  readonly skipped: readonly string[];
  readonly dryRun: boolean;
  readonly elapsedMs: number;
}

/** A copy of which nothing arrives for so long has died. */
const stallMs = 60_000;
/** A copy may take any time, as long as data arrives. */
const copyTimeoutMs = 7 * 24 * 60 * 60_000;

/**
 * Copies files between this computer and hosts, or from host to host through this computer, over swarmup's own pinned
 * connections by sftp. See `planCopy` for what goes where, `copyEntries` for what a failure leaves.
 * Errors: HOST_UNKNOWN, COPY_REFUSED (exit 2), FILE_FAILED, TIMEOUT (no progress for a minute), those of connecting.
 */
export async function copyFiles(context: UserContext, request: CopyRequest): Promise<CopyResult> {
  const began = performance.now();
  const from = sourceOf(request);
  const { target, dryRun } = request;
  if (from.machine !== null && from.machine === target.machine && from.user !== target.user)
    throw usageError('COPY_REFUSED', `both sides are on ${from.machine}: they cannot have two different users`);
  return withTree(context, from, context.signal, (source) =>
    withTree(context, target, context.signal, async (into) => {
      const ends = { source, target: into };
      const plan = await planned(ends, request);
      for (const path of plan.skipped)
        context.report({ type: 'warning', message: `${path} is not a file, a folder or a link, so it is not copied` });
      const copying = singleStep({
        id: 'copy',
        title: `copy to ${locationText(target)}`,
        timeoutMs: copyTimeoutMs,
        planned: resultOf(plan, dryRun, 0),
        act: async (step) => {
          await copy(ends, plan, target, step);
          return resultOf(plan, dryRun, performance.now() - began);
        },
      });
      return carryOut(context, { plan: () => copying }, { dryRun });
    }),
  );
}

function sourceOf({ sources }: CopyRequest): FileLocation {
  const [first] = sources;
  if (first === undefined) throw usageError('COPY_REFUSED', 'no file to copy was named');
  const other = sources.find(({ machine, user }) => machine !== first.machine || user !== first.user);
  if (other === undefined) return first;
  throw usageError(
    'COPY_REFUSED',
    `${locationText(first)} and ${locationText(other)} are on different machines`,
    'copy from one machine at a time',
  );
}

async function planned(ends: CopyEnds, { sources, target, recursive }: CopyRequest): Promise<CopyPlan> {
  const isRemote = ends.source.host !== undefined;
  // Patterns for this computer were expanded by the user's shell.
  const paths = sources.map(async ({ path }) => (isRemote ? expandGlob(ends.source, belowHome(path)) : [path]));
  const all = (await Promise.all(paths)).flat();
  if (all.length === 0)
    throw new SwarmupError('FILE_FAILED', `${sources.map(locationText).join(', ')} matches no file`);
  return planCopy(ends, all, ends.target.host === undefined ? target.path : belowHome(target.path), recursive);
}

/** sftp starts at the user's home folder, but knows no `~`. */
const belowHome = (path: string): string => path.replace(/^~(?:\/|$)/, '') || '.';

async function withTree<T>(
  context: UserContext,
  { machine, user }: FileLocation,
  signal: AbortSignal,
  use: (tree: FileTree) => Promise<T>,
): Promise<T> {
  if (machine === null) return use(localFiles);
  const record = await context.store.require(machine);
  const endpoint = record.endpoint && { ...record.endpoint, ...(user !== undefined && { user }) };
  const runner = await context.connectAsUser({ ...record, endpoint });
  return runner.withFiles(use, { signal });
}

/** The detail of the step changes at each percent. */
async function copy(
  ends: CopyEnds,
  plan: CopyPlan,
  target: FileLocation,
  { signal, detail }: StepContext,
): Promise<void> {
  const stall = new AbortController();
  const stalled = (): void => {
    const why = `no data arrived for ${stallMs / 1000} s while copying to ${locationText(target)}`;
    stall.abort(new SwarmupError('TIMEOUT', why, { exitCode: exitCodes.timeout, retryable: true }));
  };
  const timer = setTimeout(stalled, stallMs);
  let done = 0;
  let told = -1;
  try {
    await orStalled(
      stall.signal,
      copyEntries(ends, plan.entries, AbortSignal.any([signal, stall.signal]), (entry, bytes) => {
        timer.refresh();
        done += bytes;
        const percent = Math.floor((done / Math.max(plan.bytes, 1)) * 100);
        if (percent === told) return;
        told = percent;
        detail(`${percent} % of ${sizeText(plan.bytes)}, ${ends.source.baseName(entry.from)}`);
      }),
    );
  } finally {
    clearTimeout(timer);
  }
}

/** A dead connection may never answer a request, so the caller stops waiting for it. */
function orStalled(stalled: AbortSignal, work: Promise<void>): Promise<void> {
  return new Promise((resolve, reject) => {
    stalled.addEventListener('abort', () => {
      reject(stalled.reason as Error);
    });
    work.then(resolve, reject);
  });
}

function resultOf({ entries, bytes, skipped }: CopyPlan, dryRun: boolean, elapsedMs: number): CopyResult {
  const count = (kind: string): number => entries.filter(({ info }) => info.kind === kind).length;
  return {
    files: count('file'),
    folders: count('folder'),
    links: count('link'),
    bytes,
    skipped,
    dryRun,
    elapsedMs: Math.round(elapsedMs),
  };
}

/** As in `12.3 MiB`. */
export function sizeText(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const power = Math.min(Math.floor(Math.log2(Math.max(bytes, 1)) / 10), units.length - 1);
  const value = bytes / 1024 ** power;
  return `${power === 0 ? String(bytes) : value.toFixed(1)} ${units[power] ?? ''}`;
}
