import type { Turn } from '../../canonical/index.ts';
import type { LiveMigration } from '../../migrations/migrations.ts';
import { historyBefore } from '../answer-context.ts';
import type { KeptTurn } from '../keep-observed.ts';
import { chanceOf } from '../migrating.ts';
import type { Services } from '../services.ts';
import type { TimedAnswer } from './judge.ts';

export interface PassedTurn {
  readonly migration: LiveMigration;
  readonly turn: Turn;
  /** The dialect's name. */
  readonly dialect: string;
  readonly at: string;
  readonly primary: TimedAnswer;
  /** Where it is kept; absent where the client keeps the dialogue. */
  readonly kept: KeptTurn | undefined;
}

/** Has a turn that another server answered asked of the other side too, where its dialogue is one of those. */
export function offerObserved(
  services: Pick<Services, 'store' | 'shadows'>,
  { migration, turn, dialect, at, primary, kept }: PassedTurn,
): void {
  // What is in no conversation, and brings no dialogue, can be told apart by nothing.
  if (kept === undefined && turn.history === undefined) return;
  const key = chanceOf(turn, kept?.conversationId ?? '');
  if (!services.shadows.wants(migration, key)) return;
  services.shadows.offer({
    ...{ migration, key, turn, dialect, at, primary },
    history: async (length) => (kept === undefined ? [] : historyBefore(services, kept, length)),
    ...(kept !== undefined && { conversationId: kept.conversationId }),
  });
}
