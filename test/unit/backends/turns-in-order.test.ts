import { describe, expect, it } from 'vitest';
import { createTurnsInOrder } from '../../../src/backends/upstream/turns-in-order.ts';
import { GatewayError } from '../../../src/errors/index.ts';

const away = new GatewayError('client-closed', 'The client went away');
const { signal } = new AbortController();

describe('turns of one conversation', () => {
  it('pass one after the other, also behind one that gave up waiting', async () => {
    const turns = createTurnsInOrder();
    const steps: string[] = [];
    const leaveFirst = await turns.enter('one', signal);
    const leaving = new AbortController();
    const second = turns.enter('one', leaving.signal);
    leaving.abort(away);
    await expect(second).rejects.toBe(away);
    const third = turns.enter('one', signal).then((leave) => {
      steps.push('third enters');
      return leave;
    });
    await (await turns.enter('another', signal))();
    steps.push('first leaves');
    leaveFirst();
    (await third)();
    expect(steps).toEqual(['first leaves', 'third enters']);
    (await turns.enter('one', signal))();
  });
});
