import { setTimeout as wait } from 'node:timers/promises';
import { GatewayError } from '../../errors/index.ts';
import { type Database, isAway, isTableMissing } from './database.ts';
import { type Filling, identityOf } from './fill.ts';
import { fillInThread } from './fill-in-thread.ts';
import { type Edition, type EditionRow, editionQuery, editionValues, readEdition, type Summary } from './tables.ts';

/** Is told what stands in the tables of a catalogue. */
export interface EditionsWatch {
  /** A file is not taken, or cannot be: what stands in the tables goes on being asked. */
  untaken(failure: Error): void;
  /** The tables have other products than before, whoever has filled them. */
  changed(edition: Edition): void;
}

export interface EditionsOptions extends Omit<Filling, 'again' | 'now'> {
  readonly database: Database;
  readonly watch: EditionsWatch;
  /** What time it is, in milliseconds since 1970. */
  readonly now: () => number;
}

/** What stands in the tables of a catalogue, and sees to it that it is what the file holds. */
export interface Editions {
  /** Throws `upstream-unavailable` while that is not known. */
  current(): Edition;
  /** What is known of the current one, or of nothing. */
  summary(): Summary;
  /** Resolves when the tables are filled from the file as it is now, or that was given up. */
  keepUp(): Promise<void>;
  /** A row of another edition than the current one has come: looks what that is. */
  noticed(version: number): void;
  close(): void;
}

const nothing: Summary = {
  size: 0,
  brands: [],
  categories: [],
  rejected: [],
  rejectedCount: 0,
  fieldErrors: { counts: [], examples: [] },
};

/** How long a database is left alone that could not be asked. Our choice. */
const restMs = 2_000;

/**
 * Looks what stands in the tables, and fills them where there are none. Throws where the database refuses that, or the file cannot be
 * taken; a database that is away is asked again and again.
 */
export async function openEditions({ database, watch, now, ...filling }: EditionsOptions): Promise<Editions> {
  const { name, source } = filling;
  const closing = new AbortController();
  const isClosed = (): boolean => closing.signal.aborted;
  let edition: Edition | undefined;
  let keeping: Promise<void> | undefined;
  let isLooking = false;

  const take = (next: Edition): void => {
    const isOther = edition?.version !== next.version;
    edition = next;
    if (isOther) watch.changed(next);
  };
  const look = async (): Promise<Edition | undefined> => {
    const rows = await database
      .ask<EditionRow>(editionQuery, editionValues(name), closing.signal)
      .catch((failure: unknown) => {
        if (isTableMissing(failure)) return []; // nothing was ever filled here
        throw failure;
      });
    const found = rows[0] && readEdition(rows[0]);
    if (found !== undefined) take(found);
    return found;
  };
  const fill = async (): Promise<void> => {
    if ((await look())?.source === (await identityOf(source))) return;
    take((await fillInThread({ ...filling, now: now() }, closing.signal)).edition);
  };
  /** Fills until that has succeeded, or cannot. */
  const keepFilling = async (): Promise<void> => {
    while (!isClosed()) {
      try {
        await fill();
        return;
      } catch (failure) {
        if (isClosed()) return;
        if (!isAway(failure)) {
          watch.untaken(failure instanceof Error ? failure : new Error(String(failure)));
          return;
        }
      }
      await wait(restMs, undefined, { signal: closing.signal, ref: false }).catch(() => undefined);
    }
  };
  const keepUp = (): Promise<void> =>
    (keeping ??= keepFilling().finally(() => {
      keeping = undefined;
    }));

  try {
    if ((await look()) === undefined) await fill();
  } catch (failure) {
    if (!isAway(failure)) throw failure;
  }
  void keepUp();
  return {
    current() {
      if (edition !== undefined) return edition;
      throw new GatewayError('upstream-unavailable', `The catalogue ${name} has not been read from its database yet`);
    },
    summary: () => edition?.summary ?? nothing,
    keepUp,
    noticed(version) {
      if (isLooking || version === edition?.version) return;
      isLooking = true;
      look()
        .catch(() => undefined) // it is asked again with the next row
        .finally(() => {
          isLooking = false;
        });
    },
    close: () => closing.abort(),
  };
}
