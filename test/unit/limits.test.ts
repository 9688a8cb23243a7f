import { afterAll, describe, expect, it } from 'vitest';
import type { Principal } from '../../src/http/caller-registry.ts';
import { createLimits } from '../../src/http/limits.ts';
import { createLocalCounters } from '../../src/stores/local/local-counters.ts';

const dayMs = 86_400_000;
/** A midnight in UTC that is yet to come. */
const midnight = Math.ceil(Date.now() / dayMs) * dayMs + dayMs;

const agent = { id: 'a', slug: 'a', name: 'A', route: { backend: 'shop', onDisconnect: 'stop' as const } };
const caller = (name: string, tokens = { perDay: 100, reserve: 10 }): Principal => ({
  tenant: { id: 'shop', name: 'Shop', agents: [agent], hasMovingAgents: false, backends: new Map() },
  name,
  defaultAgent: agent,
  adoptUnknownIds: false,
  limits: { tokens },
});

describe('the tokens of a day', () => {
  const counters = createLocalCounters();
  afterAll(() => counters.close());
  let time = midnight;
  const limits = createLimits(
    counters,
    () => ({ failedAuthentications: { points: 1, seconds: 1 } }),
    () => time,
  );

  it('are there again at midnight, until when those who are refused are told to wait', async () => {
    const ann = caller('ann');
    time = midnight - 5_000;
    expect(await limits.reserveTokens(ann, 90)).toHaveProperty('settle');
    expect(await limits.reserveTokens(ann, 0)).toEqual({ retryAfterMs: 5_000 });
    time = midnight - 1;
    expect(await limits.reserveTokens(ann, 0)).toEqual({ retryAfterMs: 1 });
    time = midnight;
    expect(await limits.reserveTokens(ann, 90)).toHaveProperty('settle');
    expect(await limits.reserveTokens(ann, 0)).toEqual({ retryAfterMs: dayMs });
  });

  it('are counted on the day on which they were set aside', async () => {
    const bob = caller('bob');
    time = midnight - 1;
    const reserved = await limits.reserveTokens(bob, 0);
    time = midnight;
    if ('settle' in reserved) reserved.settle(100);
    expect(await limits.reserveTokens(bob, 90)).toHaveProperty('settle');
    time = midnight - 1;
    expect(await limits.reserveTokens(bob, 0)).toEqual({ retryAfterMs: 1 });
  });

  it('may be settled again: what was said last counts', async () => {
    const eve = caller('eve');
    const reserved = await limits.reserveTokens(eve, 40);
    if ('settle' in reserved) for (const used of [0, 95, 30]) reserved.settle(used);
    expect(await limits.reserveTokens(eve, 61)).toHaveProperty('retryAfterMs');
    expect(await limits.reserveTokens(eve, 60)).toHaveProperty('settle');
  });
});
