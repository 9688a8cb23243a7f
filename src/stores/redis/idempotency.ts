import { defined, type Message } from '../../canonical/index.ts';
import type { IdempotencyEntry, IdempotencyKey, NewMessage, NewOnce } from '../store.ts';
import { idempotencyDigest } from './keys.ts';
import type { StoredPlace } from './message-scripts.ts';
import { notFound, type RedisContext, rowsOf } from './record.ts';

/** What an idempotency key's row holds. It ends with the key; the message is in it until it has been stored. */
interface Claim extends Omit<IdempotencyEntry, 'replySequence'> {
  readonly message?: NewMessage;
}

/**
 * Stores a message under an idempotency key, which lies in another slot than the conversation: first the key is claimed, with the message in
 * the claim, then the message is stored. Whoever comes upon a claim whose message may not be stored yet stores it: the script does
 * so once for each claim. So nobody waits for a process that has died in between, and what it was asked is not lost. A claim whose
 * conversation is gone is dead, and is taken over.
 */
export async function appendIdempotent(
  engine: RedisContext,
  message: NewMessage,
  { key, fingerprint, expiresAt }: NewOnce,
): Promise<{ readonly message: Message } | { readonly taken: IdempotencyEntry }> {
  const { run, now, keys } = engine;
  const { conversationId, id: messageId } = message;
  rowsOf(engine, conversationId);
  const digest = idempotencyDigest(key);
  const row = keys.once(digest);
  const slim: Claim = { conversationId, messageId, fingerprint, expiresAt: Math.trunc(expiresAt) };
  const claim: Claim = { message, ...slim };
  const text = JSON.stringify(claim);
  let dead = '';
  for (;;) {
    const known = await run('claim', [row], text, dead, now(), slim.expiresAt);
    if (known === null) break;
    const taken = await complete(engine, digest, decodeClaim(known));
    if (taken !== undefined) return { taken };
    dead = known;
  }
  const place = await store(engine, digest, { ...claim, message });
  if (place === null) {
    await run('release', [row], text);
    throw notFound(conversationId);
  }
  // Nobody waits for it, and if it fails the row is only longer.
  void run('claim', [row], JSON.stringify(slim), text, now(), slim.expiresAt).catch(() => undefined);
  engine.noteFollowed(conversationId, place[2] === 1);
  return { message: { sequence: place[0], ...message } };
}

/** The entry of an idempotency key that has not expired, and whose message is stored. */
export async function readIdempotencyEntry(
  engine: RedisContext,
  key: IdempotencyKey,
): Promise<IdempotencyEntry | undefined> {
  const digest = idempotencyDigest(key);
  const text = await engine.ask((client) => client.get(engine.keys.once(digest)));
  if (text === null) return undefined;
  // Reading stores nothing.
  const { conversationId, messageId, fingerprint, expiresAt } = decodeClaim(text);
  return complete(engine, digest, { conversationId, messageId, fingerprint, expiresAt });
}

/** Takes the texts out of a conversation's claims in which they were left, as by a process that died. */
export async function forgetTexts(engine: RedisContext, id: string): Promise<void> {
  const { ask, run, now, keys } = engine;
  const [, , , , fields] = keys.conversation(id);
  const digests = (await ask((client) => client.hkeys(fields))).filter((field) => !field.includes('/'));
  await Promise.all(
    digests.map(async (digest) => {
      const row = keys.once(digest);
      const text = await ask((client) => client.get(row));
      if (text === null) return;
      const { message, ...slim } = decodeClaim(text);
      if (message === undefined || slim.conversationId !== id) return;
      await run('claim', [row], JSON.stringify(slim), text, now(), slim.expiresAt);
    }),
  );
}

/** The values of `appendMessage` and of `appendReply` that both have. */
export const rowValues = (
  { retentionMs, maxMessages }: RedisContext,
  message: NewMessage,
): readonly (string | number)[] => [
  retentionMs,
  JSON.stringify(message),
  JSON.stringify(message.createdAt),
  message.role === 'operator' ? 1 : 0,
  maxMessages,
];

/** Stores what a claim holds, unless that has been done. */
async function store(
  engine: RedisContext,
  digest: string,
  { message, messageId, expiresAt }: Claim & { message: NewMessage },
) {
  const rows = rowsOf(engine, message.conversationId);
  return engine.run('appendMessage', rows, ...rowValues(engine, message), digest, messageId, expiresAt);
}

/** What a claim stands for; `undefined` if it is over. */
async function complete(engine: RedisContext, digest: string, claim: Claim): Promise<IdempotencyEntry | undefined> {
  const { message, ...entry } = claim;
  const { conversationId, messageId, expiresAt } = entry;
  if (expiresAt <= engine.now()) return undefined;
  const place: StoredPlace | null =
    message === undefined
      ? await engine.run('readOnce', rowsOf(engine, conversationId), digest, messageId)
      : await store(engine, digest, { ...claim, message });
  return place === null ? undefined : defined({ ...entry, replySequence: place[1] || undefined });
}

const decodeClaim = (text: string): Claim => JSON.parse(text) as Claim; // what `appendOnce` put there
