import type { ClientMessage } from '../../canonical/index.ts';
import type { Said } from '../said.ts';
import type { ModelMessage } from './model.ts';

export interface HistoryBudget {
  readonly messages: number;
  readonly characters: number;
}

/** What was said of a history that the client keeps. */
export function saidByClient(messages: readonly ClientMessage[]): readonly Said[] {
  return messages.flatMap(({ role, text }) => (role === 'system' || text === '' ? [] : [{ role, text }]));
}

/**
 * The end of what was said, as much as the budget holds. It is cut before something that the visitor said, so that no answer stands
 * without its question.
 */
export function cutHistory(said: readonly Said[], budget: HistoryBudget): readonly Said[] {
  let start = said.length;
  let characters = 0;
  for (const [at, { role, text }] of [...said.entries()].toReversed()) {
    characters += text.length;
    if (said.length - at > budget.messages || characters > budget.characters) break;
    if (role === 'visitor') start = at;
  }
  return said.slice(start);
}

/** What was said as vendors take it: neighbours of one role are one message. */
export function toModelMessages(said: readonly Said[], images: readonly string[]): readonly ModelMessage[] {
  const merged: Said[] = [];
  for (const { role, text } of said) {
    const last = merged.at(-1);
    if (last?.role === role) merged[merged.length - 1] = { role, text: `${last.text}\n\n${text}` };
    else merged.push({ role, text });
  }
  return merged.map(({ role, text }, at) =>
    role === 'assistant'
      ? { role, text, calls: [] }
      : { role: 'user', text, images: at === merged.length - 1 ? images : [] },
  );
}
