import { defined } from '../canonical/index.ts';
import type { Backend, Forward, ForwardedOperation } from './backend.ts';

/** Who takes each operation, where anybody does; `undefined` if nobody takes any. */
export function forwardsBy(
  find: <N extends ForwardedOperation>(operation: N) => Forward<N> | undefined,
): Backend['forwards'] {
  const forwards = defined({
    'save-contact': find('save-contact'),
    'rate-conversation': find('rate-conversation'),
  } satisfies { [N in ForwardedOperation]: Forward<N> | undefined });
  return Object.keys(forwards).length === 0 ? undefined : forwards;
}
