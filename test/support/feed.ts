import fc from 'fast-check';
import type { FeedEntry, FeedEvent, Message, ReplyProgress } from '../../src/canonical/index.ts';
import type { Dialect, Exchange } from '../../src/dialects/dialect.ts';
import { chunking, identifiersOf, message, participant, reply, timestamp } from './arbitraries.ts';

/** What a follower sees of a conversation that goes well: who is there, what visitors say, and whole answers as they grow. */
export function feed(dialect: Dialect, exchange: Exchange): fc.Arbitrary<readonly FeedEntry[]> {
  const { conversationId = '' } = exchange;
  const rounds = fc.array(fc.oneof(visitorSpeaks(exchange), replyGrows(exchange), joinedLate(exchange), modeChanges), {
    minLength: 1,
    maxLength: 4,
  });
  return fc.tuple(opening(dialect), rounds).chain(([opened, told]) => {
    const events = [...opened, ...told.flat()];
    const facts = fc.tuple(fc.uuid(), timestamp);
    return fc.array(facts, { minLength: events.length, maxLength: events.length }).map((known) =>
      events.flatMap((event, index) => {
        const [id, at] = known[index] ?? [];
        return id === undefined || at === undefined
          ? []
          : [{ id, position: String(index + 1), conversationId, at, event }];
      }),
    );
  });
}

function opening(dialect: Dialect): fc.Arbitrary<readonly FeedEvent[]> {
  return fc.tuple(participant(identifiersOf(dialect)), fc.boolean()).map(([who, created]): readonly FeedEvent[] => {
    const event = { type: 'opened' as const, tenantId: 'tenant-uuid-here', participant: who };
    return [{ ...event, participantCreated: created }];
  });
}

const modeChanges: fc.Arbitrary<readonly FeedEvent[]> = fc
  .constantFrom('ai' as const, 'operator' as const)
  .map((mode): readonly FeedEvent[] => [{ type: 'mode-changed', mode }]);

function visitorSpeaks(exchange: Exchange): fc.Arbitrary<readonly FeedEvent[]> {
  return message(exchange).map((said): readonly FeedEvent[] => [told({ ...said, role: 'visitor' })]);
}

/** A reply that began before the follower came, or that a person wrote at once. */
function joinedLate(exchange: Exchange): fc.Arbitrary<readonly FeedEvent[]> {
  return message(exchange).map((said): readonly FeedEvent[] => [
    told({ ...said, role: said.role === 'operator' ? 'operator' : 'assistant' }),
  ]);
}

function replyGrows(exchange: Exchange): fc.Arbitrary<readonly FeedEvent[]> {
  return reply(exchange)
    .chain((whole) => fc.tuple(fc.constant(whole), chunking(whole)))
    .map(([whole, events]): readonly FeedEvent[] => {
      const { id, conversationId = '', text, items, suggestions, createdAt } = whole;
      const isProgress = ({ type }: { readonly type: string }) => type !== 'reply-start' && type !== 'reply-end';
      const progress = events.filter((event): event is ReplyProgress => isProgress(event));
      const rest = { sequence: 1, role: 'assistant', attachments: [], status: 'complete' } as const;
      return [
        { type: 'reply-started', replyId: id },
        ...progress.map((step): FeedEvent => ({ type: 'reply-progress', replyId: id, progress: step })),
        told({ id, conversationId, text, items, suggestions, createdAt, ...rest }),
      ];
    });
}

const told = (stored: Message): FeedEvent => ({ type: 'message', message: stored });
