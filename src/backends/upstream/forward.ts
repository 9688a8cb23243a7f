import { randomUUID } from 'node:crypto';
import type { InputOf } from '../../canonical/index.ts';
import type { Backend, Forward, ForwardedOperation } from '../backend.ts';
import { forwardsBy } from '../forwards.ts';
import { participantOf } from './participant.ts';
import { endpointsOf, type Upstream } from './upstream.ts';

/** What the upstream's dialect has endpoints for. */
export function forwardsOf(upstream: Upstream): Backend['forwards'] {
  return forwardsBy((operation) => forwardTo(upstream, operation));
}

function forwardTo<N extends ForwardedOperation>(upstream: Upstream, operation: N): Forward<N> | undefined {
  const endpoints = endpointsOf(upstream.dialect, operation);
  if (endpoints.length === 0) return undefined;
  return async (input, conversation, { receivedAt, signal, trace }) => {
    const participant = participantOf(upstream, input.participant, conversation);
    const told: InputOf<N> = { ...input, participant };
    const exchange = { replyId: randomUUID(), receivedAt };
    for (const endpoint of endpoints) {
      if (endpoint.says?.(told) === false) continue;
      const answer = await upstream.ask(endpoint, told, { exchange, signal, trace });
      await upstream.read(endpoint, answer, exchange);
    }
  };
}
