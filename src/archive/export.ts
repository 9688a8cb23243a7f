import type { ArchivedConversation, NumberSpace } from '../stores/archive-book.ts';
import type { ImageEntry } from '../stores/image-book.ts';
import type { Store } from '../stores/store.ts';
import { inOrder, linesVersion, noCounts, type Tally, writeLine } from './lines.ts';

/** What an export has beside all conversations. */
export interface ExportScope {
  /** Spaces in which numbers may have been given, beside those of the conversations. */
  readonly spaces: readonly NumberSpace[];
  /** Names of migrations. */
  readonly migrations: readonly string[];
}

/** So many conversations are read ahead, and so many messages at a time: what is held of a store is no more, however large it is. Our choice. */
const ahead = 8;
const pageSize = 50;
const entriesPage = 200;

/** All of a store as text, some lines at a time; equal stores give equal bytes, whatever their engine. `tally` counts along. */
export async function* exportStore(
  store: Store,
  scope: ExportScope,
  tally: Tally = noCounts(),
): AsyncGenerator<string, void, void> {
  const spaces = new Map<string, NumberSpace>();
  const note = ({ tenantId, space }: NumberSpace): void =>
    void spaces.set(JSON.stringify([tenantId, space]), { tenantId, space });
  scope.spaces.forEach(note);
  yield writeLine({ kind: 'export', version: linesVersion });
  for await (const ids of store.archive.ids()) {
    for await (const archived of readAhead(ids, (id) => store.archive.read(id))) {
      archived.publicIds.forEach(note);
      tally.conversations += 1;
      yield writeLine({ kind: 'conversation', ...archived, conversation: inOrder(archived.conversation) });
      yield* imagesOf(store, archived.conversation.id, tally);
      yield* messagesOf(store, archived, tally);
    }
  }
  yield* imagesOfNobody(store, tally);
  yield* numbersIn(store, spaces);
  yield* entriesOf(store, tally);
  yield* migrationsOf(store, scope.migrations, tally);
  yield writeLine({ kind: 'end', ...tally });
}

/** What is read of each, in order; some are on their way while one is used. */
async function* readAhead<T>(ids: readonly string[], read: (id: string) => Promise<T | undefined>): AsyncGenerator<T> {
  const reading: Promise<T | undefined>[] = [];
  let next = 0;
  while (next < ids.length || reading.length > 0) {
    while (next < ids.length && reading.length < ahead) {
      const begun = read(ids[next] ?? '');
      begun.catch(() => undefined); // it is waited for in its turn
      reading.push(begun);
      next += 1;
    }
    const value = await reading.shift();
    if (value !== undefined) yield value;
  }
}

const byName = (one: ImageEntry, other: ImageEntry): number => (one.name < other.name ? -1 : 1);

async function* imagesOf(store: Store, id: string, tally: Tally): AsyncGenerator<string> {
  const names = await store.images.ofConversation(id);
  const entries = await Promise.all(names.map((name) => store.images.find(name)));
  const images = entries.filter((entry) => entry !== undefined).sort(byName);
  tally.images += images.length;
  yield images.map((image) => writeLine({ kind: 'image', image })).join('');
}

/** Those that no message has shown yet, and that belong to no conversation: a day's at most. */
async function* imagesOfNobody(store: Store, tally: Tally): AsyncGenerator<string> {
  const found = new Map<string, ImageEntry>();
  for await (const part of store.images.all()) {
    for (const image of part) if (image.conversationId === undefined) found.set(image.name, image);
  }
  tally.images += found.size;
  for (const image of [...found.values()].sort(byName)) yield writeLine({ kind: 'image', image });
}

async function* messagesOf(store: Store, { conversation }: ArchivedConversation, tally: Tally): AsyncGenerator<string> {
  const { id, messageCount } = conversation;
  let sequence = 0;
  for (let left = messageCount; left > 0; ) {
    const messages = await store.messagesAfter(id, sequence, Math.min(left, pageSize));
    if (messages.length === 0) return;
    yield messages.map((message) => writeLine({ kind: 'message', message })).join('');
    tally.messages += messages.length;
    left -= messages.length;
    sequence = messages.at(-1)?.sequence ?? sequence;
  }
}

async function* numbersIn(store: Store, spaces: ReadonlyMap<string, NumberSpace>): AsyncGenerator<string> {
  for (const [, space] of [...spaces].sort(([one], [other]) => (one < other ? -1 : 1))) {
    const last = await store.archive.lastNumber(space);
    if (last > 0) yield writeLine({ kind: 'numbers', ...space, last });
  }
}

async function* entriesOf(store: Store, tally: Tally): AsyncGenerator<string> {
  for (let after: string | undefined; ; ) {
    const entries = await store.audit.entries({ limit: entriesPage, ...(after !== undefined && { after }) });
    yield entries.map((entry) => writeLine({ kind: 'entry', entry })).join('');
    tally.entries += entries.length;
    after = entries.at(-1)?.id;
    if (entries.length < entriesPage) return;
  }
}

async function* migrationsOf(store: Store, names: readonly string[], tally: Tally): AsyncGenerator<string> {
  for (const state of await store.migrations.read([...names].sort())) {
    tally.migrations += 1;
    yield writeLine({ kind: 'migration', state, history: await store.migrations.history(state.name) });
  }
}
