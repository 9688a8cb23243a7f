import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { AuditEntry } from '../../src/canonical/index.ts';
import { auditFloor } from '../../src/stores/audit-book.ts';
import type { StoreSubject } from './store-contract.ts';
import { draftConversation, draftMessage } from './store-drafts.ts';

const dayMs = 86_400_000;

/** An entry of so many milliseconds ago. */
export function auditEntry(ago: number, wish: Partial<AuditEntry> = {}): AuditEntry {
  const moment = Date.now() - ago;
  return {
    id: `${auditFloor(moment)}-${randomBytes(6).toString('hex')}`,
    at: new Date(moment).toISOString(),
    operator: 'anna',
    role: 'operator',
    address: '192.0.2.1',
    act: 'change-conversation mode=operator',
    tenantId: 'shop',
    ...wish,
  };
}

/** What operators did. */
export function auditContract(subject: StoreSubject): void {
  const book = () => subject.store().audit;

  describe('the audit', () => {
    it('has an entry once that is entered twice', async () => {
      const entry = auditEntry(1_000);
      await book().enter(entry);
      await book().enter(entry);
      await book().strike(entry);
      await book().enter(entry);
      expect(await book().entries({ limit: 9 })).toEqual([entry]);
    });

    it('gives the newest first, of all tenants or of some, a part at a time', async () => {
      const tenants = ['shop', 'other', 'third'];
      const all = Array.from({ length: 30 }, (_, index) =>
        auditEntry(1_000 * (30 - index), { tenantId: tenants[index % 3] ?? '', conversationId: `c${index}` }),
      );
      await Promise.all(all.map((entry) => book().enter(entry)));
      const newest = all.toReversed();
      expect(await book().entries({ limit: 100 })).toEqual(newest);
      expect(await book().entries({ limit: 4 })).toEqual(newest.slice(0, 4));
      expect(await book().entries({ limit: 4, after: newest[3]?.id ?? '' })).toEqual(newest.slice(4, 8));
      const some = newest.filter(({ tenantId }) => tenantId !== 'other');
      const named = { tenantIds: ['third', 'shop', 'shop', 'nobody'], limit: 7 };
      expect(await book().entries(named)).toEqual(some.slice(0, 7));
      expect(await book().entries({ ...named, after: some[6]?.id ?? '' })).toEqual(some.slice(7, 14));
      expect(await book().entries({ ...named, after: some.at(-1)?.id ?? '' })).toEqual([]);
      expect(await book().entries({ tenantIds: [], limit: 7 })).toEqual([]);
    });

    it('keeps what happened at one moment, each once', async () => {
      const moment = Date.now();
      const all = Array.from({ length: 20 }, () =>
        auditEntry(0, { id: `${auditFloor(moment)}-${randomBytes(6).toString('hex')}` }),
      );
      await Promise.all(all.map((entry) => book().enter(entry)));
      const ids = all
        .map(({ id }) => id)
        .sort()
        .reverse();
      const first = await book().entries({ limit: 11 });
      const rest = await book().entries({ limit: 11, after: first.at(-1)?.id ?? '' });
      expect([...first, ...rest].map(({ id }) => id)).toEqual(ids);
    });

    it('has any text in it, and any tenant', async () => {
      const odd = auditEntry(5, { tenantId: 'a/b {c} \ud83d', operator: '"anna" \ud83d\ude00\n', act: 'x y' });
      await book().enter(odd);
      expect(await book().entries({ limit: 5 })).toEqual([odd]);
      expect(await book().entries({ limit: 5, tenantIds: [odd.tenantId] })).toEqual([odd]);
    });

    it('takes an entry back, and no other', async () => {
      const [kept, struck] = [auditEntry(20), auditEntry(10)];
      await Promise.all([book().enter(kept), book().enter(struck)]);
      await book().strike(struck);
      await book().strike(struck);
      await book().strike(auditEntry(30));
      expect(await book().entries({ limit: 5 })).toEqual([kept]);
    });

    it('outlives the conversation that it speaks of, and a restart', async () => {
      const { conversation } = await subject.store().openConversation(draftConversation());
      await subject.store().appendMessage(draftMessage(conversation));
      const entry = auditEntry(10, { conversationId: conversation.id });
      await book().enter(entry);
      await subject.store().deleteConversation(conversation.id);
      await subject.reopen();
      expect(await book().entries({ limit: 5 })).toEqual([entry]);
    });

    it('shows nothing that is older than it is kept', async () => {
      const [old, young] = [auditEntry(90 * dayMs + 1_000), auditEntry(89 * dayMs)];
      await book().enter(young);
      await book().enter(old);
      expect(await book().entries({ limit: 5 })).toEqual([young]);
      await subject.reopen({ audit: { keepMs: () => dayMs } });
      expect(await book().entries({ limit: 5 })).toEqual([]);
    });

    it('keeps so many entries of a tenant, the newest, whatever other tenants do', async () => {
      await subject.reopen({ audit: { most: 5 } });
      const others = auditEntry(99_000, { tenantId: 'other' });
      await book().enter(others);
      const all = Array.from({ length: 23 }, (_, index) => auditEntry(1_000 * (23 - index)));
      for (const entry of all.slice(0, 7)) await book().enter(entry);
      await Promise.all(all.slice(7, -1).map((entry) => book().enter(entry)));
      for (const entry of all.slice(-1)) await book().enter(entry);
      expect(await book().entries({ limit: 50 })).toEqual([...all.slice(-5).reverse(), others]);
    });
  });
}
