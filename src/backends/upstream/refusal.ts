import type { Dialect, Exchange } from '../../dialects/dialect.ts';
import { schemaGuard } from '../../dialects/schema.ts';
import { decodeUpstreamStatus } from '../../dialects/upstream-status.ts';
import { GatewayError } from '../../errors/index.ts';
import type { OriginAnswer } from '../../network/index.ts';

/** What an answer that is no success says, in our words. One about a conversation that is gone has it as its subject. */
export async function readRefusal(dialect: Dialect, answer: OriginAnswer, exchange: Exchange): Promise<GatewayError> {
  const body = await answer.document().catch(() => undefined); // a page for people, say: the status tells enough
  const response = { status: answer.status, headers: answer.headers, body };
  const isOurs = schemaGuard(dialect.errors.schema, { open: true }).accepts(body);
  const error = isOurs ? dialect.errors.decode(response, exchange) : decodeUpstreamStatus(response);
  const { conversationId: id } = exchange;
  const isGone = answer.status === 404 && id !== undefined;
  return new GatewayError(error.code, error.message, {
    ...(isGone ? { subject: { kind: 'conversation', id } } : error.details),
    upstreamStatus: answer.status,
  });
}

/** Whether a refusal is about a conversation that the upstream does not have, or has no longer. */
export function isGone(thrown: unknown): boolean {
  return (
    thrown instanceof GatewayError &&
    thrown.code === 'upstream-rejected' &&
    thrown.details.subject?.kind === 'conversation'
  );
}
