import { type Awaitable, whenReady } from '../../async/awaitable.ts';
import type { Message, Turn } from '../../canonical/index.ts';
import { GatewayError } from '../../errors/index.ts';
import type { AnswerContext } from '../backend.ts';
import { hasImages, type ImageRules, withImages, withoutImages } from '../images.ts';
import {
  charactersIn,
  entryOfTurn,
  type TranscriptEntry,
  transcriptOfClient,
  transcriptOfStored,
} from '../transcript.ts';
import { cutHistory, type HistoryBudget, type Recalled, toModelMessages } from './history.ts';
import type { ModelMessage } from './model.ts';
import { turnDataRule, withoutDataMarks, withTurnData } from './turn-data.ts';

/** A turn with its past. */
export interface Asked {
  readonly turn: Turn;
  /** The stored messages before the turn; none where the client keeps the history. */
  readonly stored: readonly Message[];
}

/** Reads what a turn follows. A history that the client keeps stands in for the stored one, even an empty one. */
export function readAsked(turn: Turn, context: AnswerContext, budget: HistoryBudget): Awaitable<Asked> {
  const forgets = turn.history !== undefined || budget.messages === 0 || budget.characters === 0;
  return whenReady(forgets ? [] : context.history(budget.messages), (stored) => ({ turn, stored }));
}

export interface PromptRules {
  readonly budget: HistoryBudget;
  /** Which images may be passed on; `undefined` where the model sees none. */
  readonly images: ImageRules | undefined;
  readonly context: Pick<AnswerContext, 'upload' | 'leftOut'>;
  /** Whether a text was refused before. */
  isRefused(text: string): boolean;
}

/** What may follow the turn: results of tools are not cut, as half of them would be answered by as if they were all. Our choice. */
const maxAfterwardsCharacters = 262_144;

/** What came after the turn, what has no word apart. Throws `context-overflow` where that is too much. */
function saidAfterwards({ afterwards = [] }: Turn): readonly TranscriptEntry[] {
  const characters = afterwards.reduce((sum, message) => sum + charactersIn(message), 0);
  if (characters > maxAfterwardsCharacters) {
    const bound = `${characters} characters follow the message, ${maxAfterwardsCharacters} are taken`;
    throw new GatewayError('context-overflow', bound);
  }
  return transcriptOfClient(afterwards).filter(({ text, used = [] }) => text.trim() !== '' || used.length > 0);
}

/** What was said up to now, the turn and what came after it last: without what has no word, what was refused, and images that may not be passed on; at once where there are none. Throws `context-overflow` where too much came after it. */
export function saidOf({ turn, stored }: Asked, telling: PromptRules): Awaitable<readonly TranscriptEntry[]> {
  const past = turn.history === undefined ? transcriptOfStored(stored) : transcriptOfClient(turn.history);
  const tellable = past.filter(
    ({ role, text, images = [], used = [] }) =>
      (text.trim() !== '' || images.length + used.length > 0) && !(role === 'visitor' && telling.isRefused(text)),
  );
  const now = entryOfTurn(turn);
  if (now.text.trim() === '' && now.images === undefined)
    throw new GatewayError('invalid-request', 'The message has no word');
  const told = [...cutHistory(tellable, telling.budget), now];
  const afterwards = saidAfterwards(turn);
  const { images } = telling;
  if (images === undefined) return [...told.map(withoutImages), ...afterwards];
  if (!told.some(hasImages)) return [...told, ...afterwards];
  return withImages(told, images, telling.context).then((shown) => [...shown, ...afterwards]);
}

export interface Around {
  /** What is known around what the visitor said last. */
  readonly data: object;
  readonly recalled: Recalled;
}

/** What was said as the model is told it. */
export function messagesOf(said: readonly TranscriptEntry[], { data, recalled }: Around): readonly ModelMessage[] {
  const plain = said.map((one) => (one.role === 'visitor' ? { ...one, text: withoutDataMarks(one.text) } : one));
  const messages = toModelMessages(plain, recalled);
  const last = messages.findLastIndex(({ role }) => role === 'user');
  return messages.map((message, at) =>
    at === last && message.role === 'user' ? { ...message, text: withTurnData(message.text, data) } : message,
  );
}

/** Everything the model is told beforehand: our text, that of the client that keeps the history, and our rules. Nothing of it is a visitor's or a feed's. */
export function systemTextOf(
  { history = [] }: Turn,
  { own = '', rules, data }: { readonly own?: string | undefined; readonly rules: string; readonly data: object },
): string {
  const clients = history.filter(({ role }) => role === 'system').map(({ text }) => text);
  const dataRule = Object.keys(data).length === 0 ? '' : turnDataRule;
  return [own, ...clients, rules, dataRule].filter((text) => text !== '').join('\n\n');
}
