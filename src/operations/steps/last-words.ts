import { open } from 'node:fs/promises';
import type { HostSession } from '../access/host-session.js';

/** What a host wrote last, in words for an error. */
export interface SaidLast {
  /** Remedies that its driver knows, then the last lines and where the rest of them is. */
  readonly hints: readonly string[];
  /** How it ended, as the rest of a sentence. */
  readonly ended?: string;
  /** Since when it runs. */
  readonly runsSince?: Date;
}

/** Without a login: from its driver, or from the file of its console. Errors: the driver's own. */
export async function lastWordsOf(session: HostSession, signal: AbortSignal): Promise<SaidLast> {
  const { driver, record } = session;
  const { driverState: state } = record;
  if (state === null || state === undefined) return { hints: [] };
  const file = driver.consoleFile?.(state);
  if (file !== undefined) return { hints: quoted(`its console (${file}) ends with:`, await endOf(file)) };
  const context = session.driverContext({ signal, detail: () => undefined });
  const words = await driver.lastWords?.(context, state);
  if (words === undefined) return { hints: [] };
  const { source, text, hints = [], ended, runsSince } = words;
  return {
    hints: [...hints, ...quoted(`its log (${source}) ends with:`, text)],
    ...(ended !== undefined && { ended }),
    ...(runsSince !== undefined && { runsSince: new Date(runsSince) }),
  };
}

function quoted(head: string, text: string): readonly string[] {
  const lines = lastLines(text);
  return lines.length === 0 ? [] : [head, ...lines.map((line) => `  ${line}`)];
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
