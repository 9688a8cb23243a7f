import { expect, it, vi } from 'vitest';
import { createInsurance } from '../../../src/stores/redis/counters-insurance.ts';

it('says that Redis is back when all answer that did not, though one of them does before', async () => {
  const away = new Set(['one', 'other']);
  const looks: string[] = [];
  const told: string[] = [];
  const insurance = createInsurance({
    async look(row) {
      looks.push(row);
      if (away.has(row)) throw new Error('away');
    },
    events: {
      whenAway: () => void told.push('away'),
      whenBack: () => void told.push('back'),
      whenInsured: () => undefined,
    },
  });
  for (const row of away) insurance.miss(row, new Error('away'));
  away.delete('one');
  await vi.waitFor(() => expect(looks.filter((row) => row === 'other').length).toBeGreaterThan(2), { timeout: 20_000 });
  expect(told).toEqual(['away']);
  away.delete('other');
  await vi.waitFor(() => expect(told).toEqual(['away', 'back']), { timeout: 20_000 });
  expect(looks.filter((row) => row === 'one')).toHaveLength(1);
  insurance.close();
});
