import { isDeepStrictEqual } from 'node:util';

interface Closable {
  close?(): Promise<void>;
}

/** A thing that generations share while nothing changes that it is made from. The last one that lets go of it closes it. */
export interface Part<Thing extends Closable> {
  readonly thing: Thing;
  /** Stands for it in what other parts are made from. */
  readonly mark: symbol;
  isMadeFrom(source: readonly unknown[]): boolean;
  hold(): void;
  release(): Promise<void>;
}

/** A part that nobody holds yet. `source` is all that it was made from; marks in it stand for other parts. */
export function createPart<Thing extends Closable>(
  thing: Thing,
  { source, mark = Symbol('part') }: { readonly source: readonly unknown[]; readonly mark?: symbol },
): Part<Thing> {
  let holders = 0;
  return {
    thing,
    mark,
    isMadeFrom: (other) => isDeepStrictEqual(source, other),
    hold() {
      holders += 1;
    },
    async release() {
      holders -= 1;
      if (holders === 0) await thing.close?.();
    },
  };
}
