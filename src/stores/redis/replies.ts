import { isUuid, type Message } from '../../canonical/index.ts';
import type { IdempotencyKey, NewMessage } from '../store.ts';
import { rowValues } from './idempotency.ts';
import { idempotencyDigest } from './keys.ts';
import { readMessage } from './messages.ts';
import { found, notFound, type RedisContext, rowsOf } from './record.ts';

/** So long a process that is taken for dead may still give its reply, in milliseconds: longer than any reply takes. Our choice. */
const patienceMs = 86_400_000;

/** See `Store`. The mark lies beside the message, so that it is one step with the reply. */
export function appendReply(
  engine: RedisContext,
  reply: NewMessage,
  once: IdempotencyKey | undefined,
): Promise<Message> {
  const { conversationId, status, id } = reply;
  if (!isUuid(conversationId)) return Promise.reject(notFound(conversationId));
  const answers = once !== undefined && status === 'complete' ? idempotencyDigest(once) : '';
  const how = `${status} ${reply.failure ?? ''}`;
  const values = [...rowValues(engine, reply), answers, engine.now(), id, how];
  return engine.run('appendReply', rowsOf(engine, conversationId), ...values).then((answer) => {
    const sequence = found(answer, conversationId);
    return sequence > 0 ? { sequence, ...reply } : messageAt(engine, conversationId, -sequence);
  });
}

/** See `Store`. */
export async function keepReply(engine: RedisContext, reply: NewMessage, ifState = ''): Promise<Message | undefined> {
  const { conversationId, id } = reply;
  const values = [...rowValues(engine, reply), id, patienceMs, ifState];
  const [sequence, isNew] = found(
    await engine.run('keepReply', rowsOf(engine, conversationId), ...values),
    conversationId,
  );
  if (sequence === 0) return undefined;
  return isNew === 1 ? { sequence, ...reply } : messageAt(engine, conversationId, sequence);
}

async function messageAt(engine: RedisContext, conversationId: string, sequence: number): Promise<Message> {
  return found((await readMessage(engine, conversationId, sequence)) ?? null, conversationId);
}
