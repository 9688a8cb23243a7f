import type { User } from '../store.ts';
import type { Engine } from './record.ts';

/** See `Store`. */
export async function ensureUser({ ask, keys, retentionMs }: Engine, { tenantId, userId }: User): Promise<boolean> {
  const row = keys.user(tenantId, userId);
  const known = await ask(
    (client) => (retentionMs === 0 ? client.set(row, 1, 'GET') : client.set(row, 1, 'PX', retentionMs, 'GET')),
    row,
  );
  return known === null;
}
