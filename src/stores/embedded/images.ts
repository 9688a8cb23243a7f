import { isDeepStrictEqual } from 'node:util';
import { type ImageEntry, type ImageQuota, shownEntry } from '../image-book.ts';
import type { Draft } from './commit-queue.ts';
import type { Database } from './database.ts';
import { conversationImageKey, conversationImageRange, imageBytesKey, imageKey, imageRange } from './keys.ts';

const pageSize = 200;

const payersOf = ({ session, site }: ImageEntry, quota?: ImageQuota) =>
  [
    ['session', imageBytesKey(session), quota?.session],
    ['site', imageBytesKey(site), quota?.site],
    ['total', imageBytesKey('total'), quota?.total],
  ] as const;

/** See `ImageBook`. */
export function enterImage(draft: Draft, entry: ImageEntry, quota: ImageQuota): keyof ImageQuota | undefined {
  const payers = payersOf(entry, quota);
  for (const [name, key, most = 0] of payers) if ((draft.get(key) ?? 0) + entry.bytes > most) return name;
  for (const [, key] of payers) draft.put(key, (draft.get(key) ?? 0) + entry.bytes);
  putEntry(draft, entry);
  return undefined;
}

function putEntry(draft: Draft, entry: ImageEntry, before?: ImageEntry): void {
  const { name, conversationId } = entry;
  draft.put(imageKey(name), entry);
  if (before?.conversationId === conversationId) return;
  if (before?.conversationId !== undefined) draft.remove(conversationImageKey(before.conversationId, name));
  if (conversationId !== undefined) draft.put(conversationImageKey(conversationId, name), name);
}

/** See `ImageBook`. */
export function showImage(
  draft: Draft,
  name: string,
  place: { readonly conversationId: string; readonly at: number },
): void {
  const before = draft.get(imageKey(name));
  const shown = before && shownEntry(before, place);
  if (shown !== undefined) putEntry(draft, shown, before);
}

/** See `ImageBook`. */
export function condemnImage(draft: Draft, entry: ImageEntry): boolean {
  if (!isDeepStrictEqual(draft.get(imageKey(entry.name)), entry)) return false;
  draft.put(imageKey(entry.name), { ...entry, isCondemned: true });
  return true;
}

/** See `ImageBook`. */
export function strikeImage(draft: Draft, name: string): void {
  const entry = draft.get(imageKey(name));
  if (entry === undefined) return;
  draft.remove(imageKey(name));
  if (entry.conversationId !== undefined) draft.remove(conversationImageKey(entry.conversationId, name));
  for (const [, key] of payersOf(entry)) {
    const left = (draft.get(key) ?? 0) - entry.bytes;
    if (left > 0) draft.put(key, left);
    else draft.remove(key);
  }
}

/** See `ImageBook`. */
export function imagesOf(database: Database, conversationId: string): readonly string[] {
  const rows = database.entries(conversationImageRange(conversationId), { limit: Number.MAX_SAFE_INTEGER });
  return rows.map(({ value }) => value);
}

/** See `ImageBook`. */
export async function* allImages(database: Database): AsyncGenerator<readonly ImageEntry[], void, void> {
  for (let after = ''; ; ) {
    const rows = database.entries(imageRange(after), { limit: pageSize });
    yield rows.map(({ value }) => value);
    const last = rows.at(-1)?.value.name;
    if (last === undefined || rows.length < pageSize) return;
    after = last;
  }
}
