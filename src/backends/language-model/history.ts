import type { Said } from '../said.ts';
import type { ModelMessage } from './model.ts';

export interface HistoryBudget {
  readonly messages: number;
  readonly characters: number;
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

/** What was said without what nobody answered, the last message apart. */
export function answered(said: readonly Said[]): readonly Said[] {
  return said.filter(
    ({ role }, at) => role === 'assistant' || at === said.length - 1 || said[at + 1]?.role === 'assistant',
  );
}

/** The newer half of what was said, the last message always; no answer in it stands without its question. */
export function newerHalf(said: readonly Said[]): readonly Said[] {
  const past = said.slice(Math.ceil((said.length - 1) / 2), -1);
  const start = past.findIndex(({ role }) => role === 'visitor');
  return [...(start === -1 ? [] : past.slice(start)), ...said.slice(-1)];
}

/** What was said as vendors take it: neighbours of one role are one message. */
export function toModelMessages(said: readonly Said[]): readonly ModelMessage[] {
  const merged: Said[] = [];
  for (const one of said) {
    const last = merged.at(-1);
    if (last?.role === one.role) merged[merged.length - 1] = joined(last, one);
    else merged.push(one);
  }
  return merged.map(({ role, text, images = [] }) =>
    role === 'assistant' ? { role, text, calls: [] } : { role: 'user', text, images },
  );
}

const joined = (one: Said, next: Said): Said => ({
  role: one.role,
  text: [one.text, next.text].filter((text) => text !== '').join('\n\n'),
  images: [...(one.images ?? []), ...(next.images ?? [])],
});
