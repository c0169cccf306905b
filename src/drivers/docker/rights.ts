import { access, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** An engine, and where to note what it refuses. */
export interface EngineMemory {
  readonly engineId: string;
  /** The note may be lost; finding out again costs half a second. */
  readonly cacheDir: string;
}

/** Runs `work` with the rights an engine gives. `work(true)` returns undefined when they were refused. */
type Work<T> = (privileged: boolean) => Promise<T | undefined>;

/** Whether engines make privileged containers: found out with the first host of each. */
export interface Rights {
  /**
   * When `work(true)` was refused, and everything it made is gone again, it runs once more with false. While the
   * first caller finds out, the others wait. A refusal is noted: at worst, an engine that would allow more by now
   * gives hosts the reduced rights, with which they work as well.
   */
  use<T>(memory: EngineMemory, work: Work<T>): Promise<T>;
}

export function findRights(): Rights {
  const known = new Map<string, Promise<boolean>>();
  return {
    async use(memory, work) {
      const note = noteFile(memory);
      if (await exists(note)) known.set(memory.engineId, Promise.resolve(false));
      for (;;) {
        const answer = known.get(memory.engineId);
        const result = answer === undefined ? await findOut(memory, work) : await useKnown(answer, work);
        if (result !== undefined) return result;
        if (known.has(memory.engineId)) await writeNote(memory, note);
      }
    },
  };

  async function findOut<T>({ engineId }: EngineMemory, work: Work<T>): Promise<T | undefined> {
    const first = work(true);
    const answer = first.then((result) => result !== undefined);
    known.set(engineId, answer);
    answer.catch(() => known.delete(engineId));
    return first;
  }
}

/** undefined: the first caller failed for another reason; ask again. */
async function useKnown<T>(answer: Promise<boolean>, work: Work<T>): Promise<T | undefined> {
  let privileged: boolean;
  try {
    privileged = await answer;
  } catch {
    return undefined;
  }
  return work(privileged);
}

const noteFile = ({ cacheDir, engineId }: EngineMemory): string =>
  join(cacheDir, `unprivileged-${engineId.replace(/[^A-Za-z0-9]/g, '')}`);

async function writeNote({ cacheDir }: EngineMemory, file: string): Promise<void> {
  await mkdir(cacheDir, { recursive: true });
  await writeFile(file, 'This engine refuses privileged containers.\n');
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
