import type { Conversation } from '../../canonical/index.ts';
import type { PublicId } from '../store.ts';
import { type RedisContext, readConversation } from './record.ts';

/** See `Store`. In one round trip, where this process has found it before. */
export async function findConversation(engine: RedisContext, publicId: PublicId): Promise<Conversation | undefined> {
  const row = engine.keys.publicId(publicId);
  const guess = engine.found.get(row);
  const guessed = guess === undefined ? undefined : await readConversation(engine, guess);
  // An id is given back only by a conversation that is gone.
  if (guessed?.publicIds[publicId.space] === publicId.id) return guessed;
  const id = await engine.ask((client) => client.get(row));
  if (id === null) return undefined;
  engine.found.set(row, id);
  return readConversation(engine, id);
}

/**
 * Makes a conversation that is there found by an id. An id whose conversation is gone is free. False if another conversation has it:
 * one that is there too, since a record is always written before its ids are claimed.
 */
async function claimPublicId(engine: RedisContext, publicId: PublicId, id: string): Promise<boolean> {
  const row = engine.keys.publicId(publicId);
  let gone = '';
  for (;;) {
    const known = await engine.run('claim', [row], id, gone, 0, '');
    if (known === null) return true;
    if ((await readConversation(engine, known)) !== undefined) return false;
    gone = known;
  }
}

/**
 * Claims ids, one after the other so that of two openings with the same ids one wins them all; the number comes first, while nobody
 * can find the conversation. Gives the id that another conversation has, if there is one.
 */
export async function claimPublicIds(
  engine: RedisContext,
  publicIds: readonly PublicId[],
  id: string,
): Promise<PublicId | undefined> {
  for (const publicId of publicIds) if (!(await claimPublicId(engine, publicId, id))) return publicId;
  return undefined;
}

/** Claims each of some ids, also after one that another conversation has. Gives the first of those. */
export async function claimEachPublicId(
  engine: RedisContext,
  publicIds: readonly PublicId[],
  id: string,
): Promise<PublicId | undefined> {
  const claimed = await Promise.all(publicIds.map((publicId) => claimPublicId(engine, publicId, id)));
  return publicIds[claimed.indexOf(false)];
}

/** Gives ids back that a conversation has, or may have. */
export async function releasePublicIds(
  engine: RedisContext,
  publicIds: readonly PublicId[],
  id: string,
): Promise<void> {
  await Promise.all(publicIds.map((publicId) => engine.run('release', [engine.keys.publicId(publicId)], id)));
}
