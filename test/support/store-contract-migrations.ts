import { describe, expect, it } from 'vitest';
import type { MigrationState, StageChange } from '../../src/canonical/index.ts';
import { mostChanges } from '../../src/stores/migration-book.ts';
import type { StoreSubject } from './store-contract.ts';

const at = '2026-12-01T00:00:00.000Z';
const state = (revision: number, wish: Partial<MigrationState> = {}): MigrationState => ({
  name: 'storefront',
  stage: 'shadow',
  since: at,
  revision,
  ...wish,
});
const change = (wish: Partial<StageChange> = {}): StageChange => ({
  at,
  by: 'anna',
  from: 'observe',
  to: 'shadow',
  why: 'because',
  ...wish,
});

/** Where migrations stand. */
export function migrationContract(subject: StoreSubject): void {
  const book = () => subject.store().migrations;

  describe('a migration', () => {
    it('has not begun until something is put there, and is kept', async () => {
      expect(await book().read(['storefront', 'other'])).toEqual([]);
      expect(await book().change(state(1, { canary: 0.05 }), change({ why: '“\ud800”' }))).toBe(true);
      await subject.reopen();
      expect(await book().read(['other', 'storefront'])).toEqual([state(1, { canary: 0.05 })]);
      expect(await book().history('storefront')).toEqual([change({ why: '“\ud800”' })]);
      expect(await book().history('other')).toEqual([]);
    });

    it('is changed by one of those who change it at once', async () => {
      const all = Array.from({ length: 10 }, (_, index) =>
        book().change(state(1, { canary: index / 10 }), change({ by: `b${index}` })),
      );
      const won = (await Promise.all(all)).flatMap((changed, index) => (changed ? [index] : []));
      expect(won).toHaveLength(1);
      expect(await book().read(['storefront'])).toEqual([state(1, { canary: (won[0] ?? Number.NaN) / 10 })]);
      expect(await book().history('storefront')).toEqual([change({ by: `b${won[0]}` })]);
      expect(await book().change(state(3), change())).toBe(false);
      expect(await book().change(state(2), change())).toBe(true);
    });

    it('keeps its newest changes', async () => {
      const revisions = Array.from({ length: mostChanges + 5 }, (_, index) => index + 1);
      await Promise.all(revisions.map((revision) => book().change(state(revision), change({ by: String(revision) }))));
      const history = await book().history('storefront');
      expect(history).toHaveLength(mostChanges);
      expect(history[0]?.by).toBe(String(mostChanges + 5));
      expect(history.at(-1)?.by).toBe('6');
    });
  });
}
