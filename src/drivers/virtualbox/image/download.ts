import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { setTimeout as sleepFor } from 'node:timers/promises';
import { codeOf, messageOf, SwarmupError } from '../../../lib/errors.js';
import { exitCodes } from '../../../lib/exit-codes.js';
import { swarmup } from '../../../lib/typed-command.js';
import type { Digest } from './sources.js';

interface DownloadOptions {
  readonly signal: AbortSignal;
  /** Bytes that are there, and how many there will be (undefined: the server does not say). */
  readonly onProgress: (bytes: number, total: number | undefined) => void;
  /** How long nothing may arrive. Default 60 s. */
  readonly stallMs?: number;
  /** Between two attempts. Default 2 s. */
  readonly pauseMs?: number;
}

const maxAttempts = 5;

/**
 * Downloads `url` into the file `path`. The download of an earlier attempt continues if the server still has the same
 * file. A connection that breaks or stalls is opened again, up to 5 times. Errors: DOWNLOAD_FAILED with URL and cause;
 * DISK_FULL (exit 3); the abort reason.
 */
export async function download(url: string, path: string, options: DownloadOptions): Promise<void> {
  for (let attempts = 1; ; attempts++) {
    try {
      await fetchOnce(url, path, options);
      return;
    } catch (error) {
      options.signal.throwIfAborted();
      if (error instanceof SwarmupError) throw error;
      if (['ENOSPC', 'EDQUOT'].includes(codeOf(error) ?? '')) throw diskFull(path, error);
      if (attempts === maxAttempts) throw failed(url, reasonOf(error), error);
      await sleepFor(options.pauseMs ?? 2000, undefined, { signal: options.signal });
    }
  }
}

/** A small text, as a list of digests. Errors: DOWNLOAD_FAILED. */
export async function downloadText(url: string, signal: AbortSignal): Promise<string> {
  try {
    const response = await fetch(url, { signal: AbortSignal.any([signal, AbortSignal.timeout(60_000)]) });
    if (response.ok) return await response.text();
    throw failed(url, `the server answers ${String(response.status)} ${response.statusText}`);
  } catch (error) {
    signal.throwIfAborted();
    throw error instanceof SwarmupError ? error : failed(url, reasonOf(error), error);
  }
}

/** The downloaded part of a file, and the mark that shows whether the server still has the same file. */
async function partOf(path: string): Promise<{ readonly bytes: number; readonly mark: string } | undefined> {
  const mark = await readFile(`${path}.mark`, 'utf8').catch(() => '');
  const { size } = await stat(path).catch(() => ({ size: 0 }));
  return mark === '' || size === 0 ? undefined : { bytes: size, mark };
}

async function fetchOnce(url: string, path: string, options: DownloadOptions): Promise<void> {
  const part = await partOf(path);
  const stall = new AbortController();
  const stallMs = options.stallMs ?? 60_000;
  const timer = setTimeout(() => {
    stall.abort(new Error(`no data arrived for ${String(stallMs / 1000)} s`));
  }, stallMs);
  try {
    const response = await fetch(url, {
      signal: AbortSignal.any([options.signal, stall.signal]),
      headers: part === undefined ? {} : { range: `bytes=${String(part.bytes)}-`, 'if-range': part.mark },
    });
    const goesOn = response.status === 206 && part !== undefined;
    if (response.status === 416) {
      await rm(path, { force: true });
      throw new Error('the server no longer has this part of the file');
    }
    if (!response.ok || response.body === null)
      throw failed(url, `the server answers ${String(response.status)} ${response.statusText}`);
    await writeFile(`${path}.mark`, response.headers.get('etag') ?? response.headers.get('last-modified') ?? '');
    await writeBody(response, path, { ...options, from: goesOn ? part.bytes : 0, beat: () => timer.refresh() });
  } finally {
    clearTimeout(timer);
  }
  await rm(`${path}.mark`, { force: true });
}

async function writeBody(
  response: Response,
  path: string,
  options: DownloadOptions & { readonly from: number; readonly beat: () => void },
): Promise<void> {
  const length = Number(response.headers.get('content-length') ?? Number.NaN);
  const total = Number.isNaN(length) ? undefined : options.from + length;
  await using file = await open(path, options.from > 0 ? 'a' : 'w', 0o600);
  let bytes = options.from;
  options.onProgress(bytes, total);
  for await (const piece of response.body as unknown as AsyncIterable<Uint8Array>) {
    options.beat();
    await file.writeFile(piece);
    bytes += piece.length;
    options.onProgress(bytes, total);
  }
  if (total !== undefined && bytes !== total)
    throw new Error(`the download ended after ${String(bytes)} of ${String(total)} bytes`);
}

/** Digest of a file's content. */
export async function digestOf(path: string, algorithm: Digest['algorithm'], signal: AbortSignal): Promise<Digest> {
  const hash = createHash(algorithm);
  for await (const piece of createReadStream(path, { highWaterMark: 1 << 20, signal })) hash.update(piece as Buffer);
  return { algorithm, hex: hash.digest('hex') };
}

/** `fetch` hides what went wrong in its cause. */
const reasonOf = (error: unknown): string =>
  error instanceof Error && error.cause instanceof Error ? messageOf(error.cause) : messageOf(error);

function failed(url: string, reason: string, cause?: unknown): SwarmupError {
  return new SwarmupError('DOWNLOAD_FAILED', `cannot download ${url}: ${reason}`, {
    retryable: true,
    hints: [
      'run the same command again: the download continues where it stopped',
      `without network: ${swarmup`image import FILE --name NAME`}`,
    ],
    ...(cause !== undefined && { cause }),
  });
}

export function diskFull(path: string, cause: unknown): SwarmupError {
  return new SwarmupError('DISK_FULL', `the disk is full: cannot write ${path}`, {
    exitCode: exitCodes.preflight,
    hints: [`free some space (${swarmup`image rm NAME`}), or keep images elsewhere: SWARMUP_CACHE`],
    cause,
  });
}
