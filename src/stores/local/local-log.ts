import type { LogReader, OpenLog } from '../log.ts';

/** A log of this process alone, which keeps nothing: its reader is called at once. */
export const openLocalLog: OpenLog = <Note>(reader: LogReader<Note>) => {
  // Of two runs no two places are the same.
  const begun = Date.now();
  let count = 0;
  return Promise.resolve({
    append(topic: string, note: Note) {
      count += 1;
      const place = [begun, count] as const;
      reader.entry({ place, topic, read: () => note });
      return Promise.resolve(place);
    },
    close: () => Promise.resolve(),
  });
};
