/** A place in which one upload is read. */
export interface UploadPlace {
  /** Makes room for so many bytes more; false where there is none. */
  grow(bytes: number): boolean;
  /** Gives the place and its room back. */
  release(): void;
}

/** Whose upload it is: of whom nothing is known yet, only the address. */
export interface Uploader {
  readonly address: string;
  readonly site?: string;
}

/**
 * How many uploads a process reads at the same moment. Who names no site before the image has places of its own, which keep nobody else
 * waiting. Our choice.
 */
const most = { all: 32, site: 16, address: 8, unnamed: 4, unnamedAddress: 2 };

/** Images take so many bytes of memory at the same moment, or as many as one may have where that is more. Our choice. */
const mostBytes = 100_663_296;

/** The places of a process. */
export function createUploadPlaces(maxUploadBytes: number) {
  const taken = new Map<string, number>();
  const room = Math.max(mostBytes, maxUploadBytes);
  let held = 0;
  const change = (name: string, by: number): void => {
    const count = (taken.get(name) ?? 0) + by;
    if (count === 0) taken.delete(name);
    else taken.set(name, count);
  };
  return {
    /** A place, to be given back once; `undefined` if as many as may be are read already. */
    take(uploader: Uploader): UploadPlace | undefined {
      const bounds = boundsOf(uploader);
      if (bounds.some(([name, bound]) => (taken.get(name) ?? 0) >= bound)) return undefined;
      let mine = 0;
      for (const [name] of bounds) change(name, 1);
      return {
        grow(bytes) {
          if (held + bytes > room) return false;
          held += bytes;
          mine += bytes;
          return true;
        },
        release() {
          held -= mine;
          for (const [name] of bounds) change(name, -1);
        },
      };
    },
  };
}

export type UploadPlaces = ReturnType<typeof createUploadPlaces>;

function boundsOf({ address, site }: Uploader): readonly (readonly [name: string, most: number])[] {
  return site === undefined
    ? [
        ['unnamed', most.unnamed],
        [`unnamed ${address}`, most.unnamedAddress],
      ]
    : [
        ['all', most.all],
        [`site ${site}`, most.site],
        [`address ${address}`, most.address],
      ];
}
