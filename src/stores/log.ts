/** Where an entry stands in its log: of two entries, the later one has the greater first number, or the same and a greater second one. */
export type LogPlace = readonly [major: number, minor: number];

/** One entry, on some topic. */
export interface LogEntry<Note> {
  /** The first number is the time at which it was appended, in milliseconds since the epoch, by the log's own clock. */
  readonly place: LogPlace;
  readonly topic: string;
  /** Roughly how many characters it has, where that is known without reading. */
  readonly size?: number;
  /** What it says. The first reading costs; who does not need it leaves it. */
  read(): Note;
}

/** Who reads a log in one process. */
export interface LogReader<Note> {
  /** Called for every entry, one's own too, in the order of their places, which is the same for all readers. */
  entry(entry: LogEntry<Note>): void;
  /** Called when entries may be gone that were not read: what comes next begins anew, at whatever place. */
  lost(): void;
}

/** A log that all processes of a gateway write and read. It keeps its newest entries only, by number and by age. */
export interface Log<Note> {
  /** Resolves when the entry stands in the log, with its place. Entries of one process stand in the order of the calls. Throws `store-unavailable`. */
  append(topic: string, note: Note): Promise<LogPlace>;
  /** No entry is read after this. */
  close(): Promise<void>;
}

/**
 * Opens the log, which has one reader in each process. What was written before, and is kept still, is read too: before this resolves,
 * unless the log is away, which it may be.
 */
export type OpenLog = <Note>(reader: LogReader<Note>) => Promise<Log<Note>>;

/** Less than 0 if `one` stands before `other`, more than 0 after it. */
export const comparePlaces = (one: LogPlace, other: LogPlace): number => one[0] - other[0] || one[1] - other[1];
