import { GatewayError } from '../../errors/index.ts';
import { type ImageEntry, type ImageQuota, shownEntry } from '../image-book.ts';
import type { RedisContext } from './record.ts';

const quotaNames = ['session', 'site', 'total'] as const;
const pageSize = 200;
/** Whoever changes an image that another changes too tries again, so often. */
const mostTries = 20;

const payersOf = ({ session, site }: ImageEntry) => ({ session, site, total: 'total' });
const decode = (text: string): ImageEntry => JSON.parse(text) as ImageEntry; // what `enterImage` and `change` put there

/** See `ImageBook`. */
export async function enterImage(engine: RedisContext, entry: ImageEntry, quota: ImageQuota) {
  const { name, bytes, conversationId } = entry;
  const { records, bytes: used, of } = engine.keys.images;
  const payers = quotaNames.flatMap((quotaName) => [payersOf(entry)[quotaName], quota[quotaName]]);
  const values = [name, JSON.stringify(entry), bytes, conversationId === undefined ? 0 : 1, ...payers];
  return quotaNames[(await engine.run('enterImage', [records, used, of(conversationId)], ...values)) - 1];
}

async function readText({ ask, keys }: RedisContext, name: string): Promise<string | null> {
  return ask((client) => client.hget(keys.images.records, name), keys.images.records);
}

/** See `ImageBook`. */
export async function findImage(engine: RedisContext, name: string): Promise<ImageEntry | undefined> {
  const text = await readText(engine, name);
  return text === null ? undefined : decode(text);
}

/** Runs a step over an image as it is, until nobody comes in between. A step without a change ends it. */
async function change(
  engine: RedisContext,
  name: string,
  step: (text: string, entry: ImageEntry) => Promise<0 | 1> | undefined,
): Promise<boolean> {
  for (let tries = 0; tries < mostTries; tries += 1) {
    const text = await readText(engine, name);
    const stepping = text === null ? undefined : step(text, decode(text));
    if (stepping === undefined) return false;
    if ((await stepping) === 1) return true;
  }
  throw new GatewayError('store-unavailable', 'An image is changed by too many at the same time');
}

function replace({ run, keys }: RedisContext, text: string, before: ImageEntry, after: ImageEntry): Promise<0 | 1> {
  const { records, bytes, of } = keys.images;
  const rows = [records, bytes, of(before.conversationId), of(after.conversationId)];
  return run('changeImage', rows, before.name, text, JSON.stringify(after));
}

/** See `ImageBook`. */
export async function showImage(
  engine: RedisContext,
  name: string,
  place: { readonly conversationId: string; readonly at: number },
): Promise<void> {
  await change(engine, name, (text, before) => {
    const shown = shownEntry(before, place);
    return shown && replace(engine, text, before, shown);
  });
}

/** See `ImageBook`. */
export async function condemnImage(engine: RedisContext, entry: ImageEntry): Promise<boolean> {
  const text = JSON.stringify(entry);
  return change(engine, entry.name, (now, before) =>
    now === text ? replace(engine, text, before, { ...before, isCondemned: true }) : undefined,
  );
}

/** See `ImageBook`. */
export async function strikeImage(engine: RedisContext, name: string): Promise<void> {
  const { records, bytes, of } = engine.keys.images;
  await change(engine, name, (text, entry) => {
    const rows = [records, bytes, of(entry.conversationId)];
    return engine.run('strikeImage', rows, name, text, entry.bytes, ...Object.values(payersOf(entry)));
  });
}

/** See `ImageBook`. */
export async function imagesOf({ ask, keys }: RedisContext, conversationId: string): Promise<readonly string[]> {
  const row = keys.images.of(conversationId);
  return ask((client) => client.smembers(row), row);
}

/** See `ImageBook`. */
export async function* allImages({ ask, keys }: RedisContext): AsyncGenerator<readonly ImageEntry[], void, void> {
  const { records } = keys.images;
  let cursor = '0';
  do {
    const [next, pairs] = await ask((client) => client.hscan(records, cursor, 'COUNT', pageSize), records);
    cursor = next;
    yield pairs.filter((_text, place) => place % 2 === 1).map(decode);
  } while (cursor !== '0');
}
