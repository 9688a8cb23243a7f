import type { ChatStream } from '../../canonical/index.ts';
import { defined } from '../../canonical/index.ts';
import { GatewayError, isErrorCode } from '../../errors/index.ts';

/**
 * The same stream, run by `own`, whose errors have the code that they name: `Object.assign(new Error('…'), { code:
 * 'upstream-unavailable' })`.
 */
export function namedErrors(stream: ChatStream, own: <T>(run: () => T) => T): ChatStream {
  return {
    [Symbol.asyncIterator]() {
      const source = stream[Symbol.asyncIterator]();
      return {
        next: () => own(() => source.next()).catch(rethrow),
        ...(source.return && { return: async () => own(() => source.return?.()) ?? { done: true, value: undefined } }),
      };
    },
  };
}

function rethrow(thrown: unknown): never {
  throw readError(thrown);
}

function readError(thrown: unknown): unknown {
  if (!(thrown instanceof Error) || thrown instanceof GatewayError || !('code' in thrown)) return thrown;
  if (typeof thrown.code !== 'string' || !isErrorCode(thrown.code)) return thrown;
  const { retryAfterMs } = thrown as { readonly retryAfterMs?: unknown }; // any error may have any field
  const details = defined({
    cause: thrown,
    retryAfterMs: typeof retryAfterMs === 'number' ? retryAfterMs : undefined,
  });
  return new GatewayError(thrown.code, thrown.message, details);
}
