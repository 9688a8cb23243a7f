import { expect, it } from 'vitest';
import { startDeadline } from '../../../src/backends/deadline.ts';
import { GatewayError } from '../../../src/errors/index.ts';

it('stops at once what begins when the term of a reply is over, for the reason that came first', async () => {
  const term = startDeadline({ signal: new AbortController().signal, totalMs: undefined });
  const away = new GatewayError('client-closed', 'The client went away');
  term.expire(away);
  term.expire(new GatewayError('upstream-timeout', 'Too late'));
  const reasons: unknown[] = [];
  term.interrupts((reason) => reasons.push(reason));
  expect(reasons).toEqual([away]);
  await expect(term.pause(60_000)).rejects.toBe(away);
  term.close();
});
