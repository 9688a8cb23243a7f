/** Watches over the processes whose notes are read here. */
export interface SignsOfLife {
  /** A note of a process was read. */
  heard(process: string): void;
  /** A sign of this process's own was read: it counts the time, which so stands still while nothing can be read. */
  heardOwn(): void;
}

/** Calls `whenSilent` with each process that has said nothing for so many signs of this one. */
export function createSignsOfLife(patience: number, whenSilent: (process: string) => void): SignsOfLife {
  const silences = new Map<string, number>();
  return {
    heard: (process) => void silences.set(process, 0),
    heardOwn() {
      for (const [process, silence] of silences) {
        if (silence + 1 < patience) {
          silences.set(process, silence + 1);
          continue;
        }
        silences.delete(process);
        whenSilent(process);
      }
    },
  };
}
