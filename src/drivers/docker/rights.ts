/** Whether the engine makes privileged containers: found out with the first host, known for the others. */
export interface Rights {
  /**
   * Runs `work` with the rights the engine gives. `work(true)` returns undefined when they were refused and
   * everything it made is gone again; then it runs once more with false. While the first caller finds out, the
   * others wait.
   */
  use<T>(work: (privileged: boolean) => Promise<T | undefined>): Promise<T>;
}

export function findRights(): Rights {
  let known: Promise<boolean> | undefined;
  return {
    async use<T>(work: (privileged: boolean) => Promise<T | undefined>): Promise<T> {
      for (;;) {
        const result = known === undefined ? await findOut(work) : await useKnown(known, work);
        if (result !== undefined) return result;
      }
    },
  };

  async function findOut<T>(work: (privileged: boolean) => Promise<T | undefined>): Promise<T | undefined> {
    const first = work(true);
    known = first.then((result) => result !== undefined);
    known.catch(() => {
      known = undefined;
    });
    return first;
  }
}

/** undefined: the first caller failed for another reason; ask again. */
async function useKnown<T>(known: Promise<boolean>, work: (privileged: boolean) => Promise<T | undefined>) {
  let privileged: boolean;
  try {
    privileged = await known;
  } catch {
    return undefined;
  }
  return work(privileged);
}
