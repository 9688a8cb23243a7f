import { isDeepStrictEqual } from 'node:util';
import type { ArchivedConversation } from '../stores/archive-book.ts';
import type { Store } from '../stores/store.ts';
import { type Counts, inOrder, noCounts, type Tally } from './lines.ts';
import { type Piece, readPieces } from './read-lines.ts';

/** What an import came to. */
export interface Imported {
  readonly read: Counts;
  /** What was not there before; of entries of the audit nobody knows. */
  readonly added: Omit<Counts, 'entries'>;
  /** How much stands there otherwise than the lines say, and stays. */
  readonly different: number;
  /** The first of it. */
  readonly differences: readonly string[];
}

/** So many pieces are written at the same time: what is held of an export is no more, however large it is. Our choice. */
const atOnce = 16;
const mostTold = 10;
const { MAX_SAFE_INTEGER: any } = Number;

/** Puts a piece into a store, and notes what came of it. */
type Puts = { readonly [Kind in Piece['kind']]: (piece: Piece & { readonly kind: Kind }) => Promise<void> };

/**
 * Puts an export into a store, line by line. What is there already stays as it is, so that an import that was cut short is begun again from the
 * first line. `tally` counts what was read. Throws `LineError`, and whatever the store throws; what came before is in the store then.
 */
export async function importLines(
  store: Store,
  lines: AsyncIterable<string>,
  tally: Tally = noCounts(),
): Promise<Imported> {
  const found = { added: noCounts(), different: 0, differences: [] as string[] };
  const puts = createPuts(store, found);
  const works = createWorks();
  // Messages come after their conversation, and after those before them.
  let before = Promise.resolve();
  for await (const piece of readPieces(lines, tally)) {
    await works.room();
    const put = (): Promise<void> => (puts[piece.kind] as (piece: Piece) => Promise<void>)(piece); // its own kind's
    if (piece.kind === 'messages') {
      const earlier = before;
      before = works.begin(async () => {
        await earlier;
        works.check();
        await put();
      });
    } else if (piece.kind === 'conversation') before = works.begin(put);
    else void works.begin(put);
  }
  await works.end();
  return { read: tally, ...found };
}

interface Found {
  readonly added: Tally;
  different: number;
  readonly differences: string[];
}

function createPuts(store: Store, found: Found): Puts {
  const { added, differences } = found;
  function differs(what: string, count = 1): void {
    found.different += count;
    if (differences.length < mostTold) differences.push(what);
  }
  return {
    async conversation({ kind: _, ...archived }) {
      const { id, tenantId, participant } = archived.conversation;
      const { isNew, lost } = await store.archive.put(archived);
      if (participant.userId !== undefined) await store.ensureUser({ tenantId, userId: participant.userId });
      if (isNew) added.conversations += 1;
      else if (!isSame(archived, await store.archive.read(id))) differs(`conversation ${id}`);
      if (lost !== undefined) differs(`the id ${lost.id} (${lost.space}) of conversation ${id} is another one's`);
    },
    async messages({ id, messages }) {
      const { stored, different } = await store.archive.putMessages(id, messages);
      added.messages += stored;
      if (different > 0) differs(`messages of conversation ${id}`, different);
    },
    async image({ image }) {
      const known = await store.images.find(image.name);
      if (known === undefined) {
        await store.images.enter(image, { session: any, site: any, total: any });
        added.images += 1;
      } else if (!isDeepStrictEqual(known, image)) differs(`image ${image.name}`);
    },
    numbers: ({ tenantId, space, last }) => store.archive.raiseNumber({ tenantId, space }, last),
    entry: ({ entry }) => store.audit.enter(entry),
    async migration({ state, history }) {
      if (await store.archive.putMigration(state, history)) added.migrations += 1;
      else if (!isDeepStrictEqual(await store.migrations.read([state.name]), [state]))
        differs(`migration ${state.name}`);
    },
  };
}

/** Whether a conversation is as the lines say. An import that was cut short has put fewer messages there. */
function isSame(archived: ArchivedConversation, known: ArchivedConversation | undefined): boolean {
  const comparable = ({ conversation, ...rest }: ArchivedConversation) => ({
    ...rest,
    conversation: inOrder({ ...conversation, messageCount: 0 }),
  });
  return known !== undefined && isDeepStrictEqual(comparable(archived), comparable(known));
}

/** Some works at once. After one that fails none is begun; one that waits for another asks `check` before it goes on. */
function createWorks() {
  const running = new Set<Promise<void>>();
  let failure: { readonly thrown: unknown } | undefined;
  /** Throws what one of them threw. */
  function check(): void {
    if (failure !== undefined) throw failure.thrown;
  }
  return {
    check,
    async room(): Promise<void> {
      while (running.size >= atOnce) await Promise.race(running);
      check();
    },
    begin(work: () => Promise<void>): Promise<void> {
      const ended = work().catch((thrown: unknown) => {
        failure ??= { thrown };
      });
      running.add(ended);
      void ended.then(() => running.delete(ended));
      return ended;
    },
    async end(): Promise<void> {
      await Promise.all(running);
      check();
    },
  };
}
