import { GatewayError } from '../errors/index.ts';
import type { Times } from './gateway.ts';

/** Aborts the call of a reply that takes longer than a reply may, until it is stopped. */
export function startReplyClock(
  { maxReplyMs }: Pick<Times, 'maxReplyMs'>,
  abort: (reason: GatewayError) => void,
): { stop(): void } {
  const expire = (): void => abort(new GatewayError('upstream-timeout', `The reply took longer than ${maxReplyMs} ms`));
  const timer = setTimeout(expire, maxReplyMs);
  return { stop: () => clearTimeout(timer) };
}
