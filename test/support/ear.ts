/** What a client has heard so far, for who goes on only when it has been heard. */
export interface Ear {
  hear(text: string): void;
  /** Nothing more will be heard. */
  stop(): void;
  /** Resolves when what was heard is as wanted, or never will be. */
  until(fits: (all: string) => boolean): Promise<void>;
}

export function createEar(): Ear {
  let all = '';
  let stopped = false;
  const waiting = new Set<() => void>();
  const wake = (): void => {
    for (const resume of [...waiting]) resume();
    waiting.clear();
  };
  return {
    hear(text) {
      all += text;
      wake();
    },
    stop() {
      stopped = true;
      wake();
    },
    async until(fits) {
      while (!stopped && !fits(all)) await new Promise<void>((resolve) => waiting.add(resolve));
    },
  };
}
