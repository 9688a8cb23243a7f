import { type ChatEvent, type ChatStream, createReplyGuard, type ReplyBounds } from '../../src/canonical/index.ts';

/** Passes a reply stream on while it is in order, whole and within bounds; otherwise throws `upstream-protocol`. Drops empty batches. */
export async function* guardReply(
  stream: ChatStream,
  bounds?: ReplyBounds,
): AsyncGenerator<readonly ChatEvent[], void, void> {
  const guard = createReplyGuard(bounds);
  for await (const batch of stream) {
    guard.check(batch);
    if (batch.length > 0) yield batch;
  }
  guard.end();
}
