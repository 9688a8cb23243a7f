import { isIP } from 'node:net';
import type { Message, Turn } from '../../canonical/index.ts';
import type { AnswerContext } from '../backend.ts';
import { type Said, saidInStore } from '../said.ts';
import { cutHistory, type HistoryBudget, saidByClient, toModelMessages } from './history.ts';
import type { ModelMessage } from './model.ts';

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

/** What was said up to now, the turn last, as the model is told. */
export function messagesOf({ turn, stored }: Asked, budget: HistoryBudget): readonly ModelMessage[] {
  const past = turn.history === undefined ? saidInStore(stored) : saidByClient(turn.history);
  const said: readonly Said[] = [...cutHistory(past, budget), { role: 'visitor', text: turn.text }];
  return toModelMessages(said, turn.attachments.map(({ url }) => url).filter(isTellable));
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

/** Everything the model is told beforehand: our text, the client's, the rules of the catalogue, and what is known of the visitor. */
export function systemTextOf(turn: Turn, { own, rules }: { readonly own?: string; readonly rules: string }): string {
  const clients = turn.history?.filter(({ role }) => role === 'system').map(({ text }) => text) ?? [];
  return [own ?? '', ...clients, rules, visitorFacts(turn)].filter((text) => text !== '').join('\n\n');
}

/** What a client tells here may be anything: only what has the form of a language or of an address is passed on. */
function visitorFacts({ locale, pageUrl }: Turn): string {
  const facts = [
    locale !== undefined && /^[a-z]{2,3}([-_][a-z0-9]{2,8}){0,3}$/i.test(locale)
      ? `The visitor's browser is set to the language ${locale}; answer in the language that the visitor writes.`
      : '',
    pageUrl !== undefined && pageUrl.length <= 500 && URL.canParse(pageUrl)
      ? `The visitor is on the page ${new URL(pageUrl).href}`
      : '',
  ];
  return facts.filter((fact) => fact !== '').join('\n');
}
