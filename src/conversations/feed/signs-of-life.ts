/** Watches over the processes whose notes are read here. */
export interface SignsOfLife {
  /** A note of a process was read. */
  heard(process: string): void;
  /** A process is gone, and is watched again only when it is heard of. */
  forget(process: string): void;
  /** Whether it is still time to take a process for dead. */
  isSilent(process: string): boolean;
  /** A sign of this process's own was read: it counts the time, which so stands still while nothing can be read. */
  heardOwn(): void;
}

/** Calls `whenSilent` with each process that has said nothing for so many signs of this one, and again after as many more. */
export function createSignsOfLife(patience: number, whenSilent: (process: string) => void): SignsOfLife {
  const silences = new Map<string, number>();
  return {
    heard: (process) => void silences.set(process, 0),
    forget: (process) => void silences.delete(process),
    isSilent: (process) => (silences.get(process) ?? 0) >= patience,
    heardOwn() {
      for (const [process, silence] of silences) {
        silences.set(process, silence + 1);
        if ((silence + 1) % patience === 0) whenSilent(process);
      }
    },
  };
}
