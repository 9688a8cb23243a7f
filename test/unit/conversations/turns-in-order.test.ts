import { afterEach, describe, expect, it, vi } from 'vitest';
import { consequences } from '../../../src/backends/failures.ts';
import { createTurnsInOrder } from '../../../src/conversations/turns-in-order.ts';
import { GatewayError } from '../../../src/errors/index.ts';

const away = new GatewayError('client-closed', 'The client went away');
const { signal } = new AbortController();
const patient = { signal, waitMs: Number.POSITIVE_INFINITY };

afterEach(() => vi.useRealTimers());

describe('turns of one conversation', () => {
  it('pass one after the other, also behind one that gave up waiting', async () => {
    const turns = createTurnsInOrder();
    const steps: string[] = [];
    const leaveFirst = await turns.enter('one', patient);
    const leaving = new AbortController();
    const second = turns.enter('one', { ...patient, signal: leaving.signal });
    leaving.abort(away);
    await expect(second).rejects.toBe(away);
    const third = turns.enter('one', patient).then((leave) => {
      steps.push('third enters');
      return leave;
    });
    (await turns.enter('another', patient))();
    steps.push('first leaves');
    leaveFirst();
    (await third)();
    expect(steps).toEqual(['first leaves', 'third enters']);
    (await turns.enter('one', patient))();
  });

  it('wait no longer than they may, and are no failure of who answers', async () => {
    vi.useFakeTimers();
    const turns = createTurnsInOrder();
    await turns.enter('one', patient);
    const second = expect(turns.enter('one', { signal, waitMs: 1_000 })).rejects.toMatchObject({
      code: 'rate-limited',
    });
    await vi.advanceTimersByTimeAsync(1_000);
    await second;
    expect(consequences['rate-limited'].breaks).toBe(false);
    expect(vi.getTimerCount()).toBe(0);
  });
});
