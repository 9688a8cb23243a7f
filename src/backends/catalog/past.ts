import type { Turn } from '../../canonical/index.ts';
import type { Catalog, CatalogItem as Item } from '../../catalog/index.ts';
import type { AnswerContext } from '../backend.ts';
import { distinct } from './facts.ts';

/** An earlier answer, with prices and stock as they are today. */
export interface LastAnswer {
  readonly text: string;
  readonly items: readonly Item[];
  /** When it was given, if that is known. */
  readonly at?: string;
  /** What the visitor had written. */
  readonly asked: string;
}

/** No more of a conversation is looked through. */
const maxAnswers = 20;

export interface PastSource {
  readonly turn: Turn;
  readonly context: Pick<AnswerContext, 'history'>;
  readonly catalog: Catalog;
  readonly signal: AbortSignal;
}

/** Earlier answers, the latest first: from the stored conversation, or from what the client keeps of it. */
export async function answersBefore({ turn, context, catalog, signal }: PastSource): Promise<readonly LastAnswer[]> {
  const stored = await context.history();
  const messages: readonly Said[] = stored.length > 0 ? stored : (turn.history ?? []);
  const latest = messages.slice(-2 * maxAnswers);
  const today = await catalog.get(idsOf(latest.flatMap(({ items = [] }) => items)), signal);
  const answers: LastAnswer[] = [];
  let asked = '';
  for (const { role, text, items = [], createdAt } of latest) {
    if (role === 'visitor') asked = text;
    if (role !== 'assistant' && role !== 'operator') continue;
    const current = items.map((item) => today.get(item.id) ?? item);
    answers.push({ text, items: current, asked, ...(createdAt !== undefined && { at: createdAt }) });
  }
  return answers.slice(-maxAnswers).toReversed();
}

interface Said {
  readonly role: string;
  readonly text: string;
  readonly items?: readonly Item[];
  readonly createdAt?: string;
}

/** A client may tell of any number of events; the latest say what the visitor has in mind. */
const maxEvents = 50;

/** Products that the visitor looked at, the latest first. */
export async function seenItems({
  turn: { activity },
  catalog,
  signal,
}: Pick<PastSource, 'turn' | 'catalog' | 'signal'>): Promise<readonly Item[]> {
  const ids = activity
    .slice(-maxEvents)
    .toReversed()
    .flatMap(({ itemId }) => itemId ?? []);
  return distinct([...(await catalog.get([...new Set(ids)], signal)).values()]);
}

const idsOf = (items: readonly Item[]): readonly string[] => [...new Set(items.map(({ id }) => id))];
