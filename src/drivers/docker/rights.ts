import { access, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder } from '../../lib/make-folder.js';

/** An engine, and the place to note its refusals. */
interface EngineMemory {
  readonly engineId: string;
  /** The note may be lost; finding out again costs half a second. */
  readonly cacheDir: string;
}

/** Runs `work` with the rights an engine gives. `work(true)` returns undefined when they were refused. */
type Work<T> = (privileged: boolean) => Promise<T | undefined>;

/** Whether engines can run privileged containers: found out with the first host of each engine. */
export interface Rights {
  /**
   * If `work(true)` was refused and everything that it made has been removed, it runs again with false. While the first
   * caller finds out, the others wait. A refusal is noted: at worst, an engine that would now allow more gives hosts
   * the reduced rights, with which they also work.
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
        const privileged = answer === undefined ? true : await answer.catch(() => undefined);
        // The one who was finding out failed for another reason.
        if (privileged === undefined) continue;
        const attempt = work(privileged);
        if (answer === undefined) remember(memory, attempt);
        const result = await attempt;
        if (result !== undefined) return result;
        known.set(memory.engineId, Promise.resolve(false));
        await writeNote(memory, note);
      }
    },
  };

  function remember({ engineId }: EngineMemory, attempt: Promise<unknown>): void {
    const answer = attempt.then((result) => result !== undefined);
    known.set(engineId, answer);
    answer.catch(() => known.delete(engineId));
  }
}

const noteFile = ({ cacheDir, engineId }: EngineMemory): string =>
  join(cacheDir, `unprivileged-${engineId.replace(/[^A-Za-z0-9]/g, '')}`);

async function writeNote({ cacheDir }: EngineMemory, file: string): Promise<void> {
  await makeFolder(cacheDir);
  await writeFile(file, 'This engine refuses privileged containers.\n');
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
