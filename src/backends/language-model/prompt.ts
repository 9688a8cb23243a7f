import { isIP } from 'node:net';
import type { Message, Turn } from '../../canonical/index.ts';
import type { AnswerContext } from '../backend.ts';
import { type Said, saidInStore } from '../said.ts';
import { cutHistory, type HistoryBudget, saidByClient, toModelMessages } from './history.ts';
import type { ModelMessage } from './model.ts';
import { turnDataRule, withoutDataMarks, withTurnData } from './turn-data.ts';

/** A turn with its past. */
export interface Asked {
  readonly turn: Turn;
  /** The stored messages before the turn; none where the client keeps the history. */
  readonly stored: readonly Message[];
}

/** Reads what a turn follows. A history that the client keeps stands in for the stored one, even an empty one. */
export async function readAsked(turn: Turn, context: AnswerContext, budget: HistoryBudget): Promise<Asked> {
  const forgets = turn.history !== undefined || budget.messages === 0 || budget.characters === 0;
  return { turn, stored: forgets ? [] : await context.history(budget.messages) };
}

/** What was said up to now, the turn last with what is known around it, as the model is told. */
export function messagesOf(
  { turn, stored }: Asked,
  { budget, data }: { readonly budget: HistoryBudget; readonly data: object },
): readonly ModelMessage[] {
  const past = turn.history === undefined ? saidInStore(stored) : saidByClient(turn.history);
  const said: readonly Said[] = [...cutHistory(past, budget), { role: 'visitor', text: turn.text }];
  const plain = said.map((one) => (one.role === 'visitor' ? { ...one, text: withoutDataMarks(one.text) } : one));
  const images = turn.attachments.map(({ url }) => url).filter(isTellable);
  return toModelMessages(plain, images).map((message, at, { length }) =>
    at === length - 1 && message.role === 'user' ? { ...message, text: withTurnData(message.text, data) } : message,
  );
}

/**
 * Images that are their own address, and addresses on the public net. A visitor names them, and the model's server fetches them: one
 * of our own network must not be made to fetch from its neighbours.
 */
function isTellable(url: string): boolean {
  if (/^data:image\//i.test(url)) return true;
  if (!/^https?:\/\//i.test(url) || !URL.canParse(url)) return false;
  const { hostname } = new URL(url);
  return isIP(hostname.replace(/^\[|\]$/g, '')) === 0 && publicName.test(hostname);
}

/** A name with a dot in it, under no ending that is kept for private use. Source: RFC 6762, RFC 8375, and ICANN for `internal`. */
const publicName = /^(?!.*\.(?:local|localhost|internal|home\.arpa)\.?$)[^.]+\..+$/i;

/** Everything the model is told beforehand: our text, that of the client that keeps the history, and our rules. Nothing of it is a visitor's or a feed's. */
export function systemTextOf(
  { history = [] }: Turn,
  { own = '', rules, data }: { readonly own?: string | undefined; readonly rules: string; readonly data: object },
): string {
  const clients = history.filter(({ role }) => role === 'system').map(({ text }) => text);
  const dataRule = Object.keys(data).length === 0 ? '' : turnDataRule;
  return [own, ...clients, rules, dataRule].filter((text) => text !== '').join('\n\n');
}
