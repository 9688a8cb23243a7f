import type { AuditEntry } from '../../canonical/index.ts';
import { type AuditBounds, type AuditQuestion, auditFloor, newestOf } from '../audit-book.ts';
import type { RedisContext } from './record.ts';

// A tenant's entries stand in one sorted set, all with one score: Redis keeps them in the order of their texts, which begin with their ids.
const textOf = (entry: AuditEntry): string => `${entry.id} ${JSON.stringify(entry)}`;
const decode = (text: string): AuditEntry => JSON.parse(text.slice(text.indexOf(' '))) as AuditEntry; // what `textOf` made

/** See `AuditBook`. The tenant is noted first: what nobody knows of would not be swept. */
export async function enterAudit({ ask, run, keys, now }: RedisContext, entry: AuditEntry, bounds: AuditBounds) {
  const { tenants, of } = keys.audit;
  const keepMs = bounds.keepMs();
  await ask((client) => client.sadd(tenants, JSON.stringify(entry.tenantId)), tenants);
  await run('enterAudit', [of(entry.tenantId)], textOf(entry), auditFloor(now() - keepMs), bounds.most, keepMs);
}

/** See `AuditBook`. */
export async function strikeAudit({ ask, keys }: RedisContext, entry: AuditEntry): Promise<void> {
  const row = keys.audit.of(entry.tenantId);
  await ask((client) => client.zrem(row, textOf(entry)), row);
}

/** See `AuditBook`. */
export async function auditEntries(
  engine: RedisContext,
  { tenantIds, after, limit }: AuditQuestion,
  { keepMs }: AuditBounds,
): Promise<readonly AuditEntry[]> {
  const { ask, keys, now } = engine;
  const floor = `(${auditFloor(now() - keepMs())}`;
  const read = async (tenantId: string) => {
    const row = keys.audit.of(tenantId);
    const top = after === undefined ? '+' : `(${after}`;
    return (await ask((client) => client.zrevrangebylex(row, top, floor, 'LIMIT', 0, limit), row)).map(decode);
  };
  const wanted = [...new Set(tenantIds ?? (await auditTenants(engine)))];
  return newestOf(await Promise.all(wanted.map(read)), limit);
}

async function auditTenants({ ask, keys: { audit } }: RedisContext): Promise<readonly string[]> {
  const texts = await ask((client) => client.smembers(audit.tenants), audit.tenants);
  return texts.map((text) => JSON.parse(text) as string); // what `enterAudit` put there
}

/** Drops the entries that are older than they are kept. */
export async function sweepAudit(engine: RedisContext, { keepMs }: AuditBounds): Promise<void> {
  const { ask, keys, now } = engine;
  const before = `(${auditFloor(now() - keepMs())}`;
  for (const tenantId of await auditTenants(engine)) {
    const row = keys.audit.of(tenantId);
    await ask((client) => client.zremrangebylex(row, '-', before), row);
  }
}
