import { open } from 'node:fs/promises';
import type { Driver } from '../../drivers/driver.js';
import { SwarmupError } from '../../lib/errors.js';

/** A host as its driver knows it. */
interface KnownHost {
  readonly driver: Pick<Driver, 'consoleFile'>;
  readonly state: unknown;
}

/** Does what needs ssh of a host; when ssh does not answer, the error says where its console is and how it ends. */
export async function quotingConsole<T>(host: KnownHost, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof SwarmupError) || !/^(?:TIMEOUT|SSH_)/.test(error.code)) throw error;
    const { driver, state } = host;
    const file = state === null ? undefined : driver.consoleFile?.(state);
    const lines = file === undefined ? [] : lastLines(await endOf(file));
    if (file === undefined || lines.length === 0) throw error;
    const { code, message, hints, exitCode, retryable } = error;
    throw new SwarmupError(code, message, {
      ...{ exitCode, retryable, cause: error },
      ...(error.host !== undefined && { host: error.host }),
      hints: [...hints, `its console (${file}) ends with:`, ...lines.map((line) => `  ${line}`)],
    });
  }
}

const tailBytes = 16 * 1024;

/** The empty text if the file does not exist. */
async function endOf(path: string): Promise<string> {
  const file = await open(path).catch(() => undefined);
  if (file === undefined) return '';
  try {
    const { size } = await file.stat();
    const { buffer, bytesRead } = await file.read({
      buffer: Buffer.alloc(tailBytes),
      position: Math.max(0, size - tailBytes),
    });
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await file.close();
  }
}

const quotedLines = 6;
const lineLength = 160;

/** Without what moves a cursor or paints: a console is what a guest wrote, and goes to a terminal. */
function lastLines(text: string): readonly string[] {
  return text
    .replaceAll(/\x1b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|.)/g, '')
    .split(/[\r\n]+/)
    .map((line) =>
      line
        .replaceAll(/[\x00-\x1f\x7f-\x9f]/g, ' ')
        .trim()
        .slice(0, lineLength),
    )
    .filter((line) => line !== '')
    .slice(-quotedLines);
}
