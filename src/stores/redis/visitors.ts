import type { Nudge } from '../../canonical/index.ts';
import { mostNudges, tooManyNudges } from '../bounds.ts';
import type { User } from '../store.ts';
import { found, type RedisContext, rowsOf } from './record.ts';

/** See `Store`. */
export async function ensureUser(
  { ask, keys, retentionMs }: RedisContext,
  { tenantId, userId }: User,
): Promise<boolean> {
  const row = keys.user(tenantId, userId);
  const known = await ask(
    (client) => (retentionMs === 0 ? client.set(row, 1, 'GET') : client.set(row, 1, 'PX', retentionMs, 'GET')),
    row,
  );
  return known === null;
}

/** See `Store`. */
export async function addNudge(engine: RedisContext, id: string, nudge: Omit<Nudge, 'id'>): Promise<Nudge> {
  const values = [engine.retentionMs, JSON.stringify(nudge), mostNudges];
  const given = found(await engine.run('addNudge', rowsOf(engine, id), ...values), id);
  if (given === 0) throw tooManyNudges();
  return { ...nudge, id: given };
}

/** See `Store`. */
export async function takeNudges(engine: RedisContext, id: string): Promise<readonly Nudge[]> {
  return found(await engine.run('takeNudges', rowsOf(engine, id), mostNudges), id).map(decodeNudge);
}

/** A nudge that waits. */
export function decodeNudge(text: string): Nudge {
  const border = text.indexOf(' ');
  // What `addNudge` put there.
  return { ...(JSON.parse(text.slice(border + 1)) as Omit<Nudge, 'id'>), id: Number(text.slice(0, border)) };
}
