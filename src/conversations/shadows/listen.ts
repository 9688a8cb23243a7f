import { type ChatEvent, type ChatStream, createReplyFolder, createReplyGuard } from '../../canonical/index.ts';
import { toGatewayError } from '../../errors/index.ts';
import type { TimedAnswer } from './judge.ts';

/** A reply of which is heard what came of it, once its reader has all of it. One that its reader leaves is told of to nobody. */
export function listen(stream: ChatStream, whenOver: (answered: TimedAnswer) => void): ChatStream {
  const startedAt = performance.now();
  const ms = (): number => performance.now() - startedAt;
  const folder = createReplyFolder(new Date().toISOString());
  const guard = createReplyGuard();
  let state: 'heard' | 'whole' | 'given up' = 'heard';
  const hear = (batch: readonly ChatEvent[]): void => {
    if (state === 'given up') return;
    try {
      guard.check(batch);
      for (const event of batch) folder.add(event);
      if (batch.at(-1)?.type === 'reply-end') state = 'whole';
    } catch {
      state = 'given up'; // it is too long to be compared, which is no fault that its reader is to be told of
    }
  };
  const source = stream[Symbol.asyncIterator]();
  return {
    [Symbol.asyncIterator]: () => ({
      async next() {
        try {
          const step = await source.next();
          if (step.done !== true) hear(step.value);
          else if (state === 'whole') whenOver({ status: 200, code: 'ok', reply: folder.reply(), ms: ms() });
          return step;
        } catch (thrown) {
          const { code, traits } = toGatewayError(thrown);
          if (code !== 'client-closed') whenOver({ status: traits.status, code, ms: ms() });
          throw thrown;
        }
      },
      async return() {
        await source.return?.();
        return { done: true, value: undefined };
      },
    }),
  };
}
