import type { ChatEvent, Message } from '../../canonical/index.ts';
import type { Step } from '../../stores/feed-records.ts';

/** How much of a reply someone has: text in UTF-16 units, items, suggestions. */
export interface Lengths {
  text: number;
  items: number;
  suggestions: number;
}

export const noLengths = (): Lengths => ({ text: 0, items: 0, suggestions: 0 });

/** Each kind of step: of which length it is a part, and what it holds. */
type Part = { readonly of: keyof Lengths; readonly size: number; after(known: number): Step };

function partOf(step: Step): Part {
  switch (step.type) {
    case 'text-delta':
      return {
        of: 'text',
        size: step.text.length,
        after: (known) => ({ type: 'text-delta', text: step.text.slice(known) }),
      };
    case 'items-found':
      return { of: 'items', size: step.items.length, after: (known) => ({ ...step, items: step.items.slice(known) }) };
    case 'suggestions':
      return {
        of: 'suggestions',
        size: step.suggestions.length,
        after: (known) => ({ ...step, suggestions: step.suggestions.slice(known) }),
      };
    default:
      return step satisfies never;
  }
}

export const isStep = (event: ChatEvent): event is Step =>
  event.type === 'text-delta' || event.type === 'items-found' || event.type === 'suggestions';

/** What steps say beyond what is known, which is counted to it. */
export function* stepsAfter(steps: readonly Step[], known: Lengths): Generator<Step, void, void> {
  const before = noLengths();
  for (const step of steps) {
    const { of, size, after } = partOf(step);
    const rest = before[of] + size - known[of];
    if (rest > 0) {
      known[of] += rest;
      yield rest === size ? step : after(size - rest);
    }
    before[of] += size;
  }
}

/** Adds steps to a list; text that stands side by side is one step. */
export function addSteps(list: Step[], steps: readonly Step[]): void {
  for (const step of steps) {
    const last = list.at(-1);
    if (step.type === 'text-delta' && last?.type === 'text-delta')
      list[list.length - 1] = { type: 'text-delta', text: last.text + step.text };
    else list.push(step);
  }
}

/** What a whole reply holds, as steps. Its text comes last: it is what must not be told twice to who loses the connection in between. */
export const stepsOf = ({ text, items, suggestions }: Pick<Message, 'text' | 'items' | 'suggestions'>): Step[] => [
  ...(items.length === 0 ? [] : [{ type: 'items-found' as const, items }]),
  ...(suggestions.length === 0 ? [] : [{ type: 'suggestions' as const, suggestions }]),
  ...(text === '' ? [] : [{ type: 'text-delta' as const, text }]),
];

/** What steps come to. */
export const gather = (steps: readonly Step[]): Pick<Message, 'text' | 'items' | 'suggestions'> => ({
  text: steps.map((step) => (step.type === 'text-delta' ? step.text : '')).join(''),
  items: steps.flatMap((step) => (step.type === 'items-found' ? step.items : [])),
  suggestions: steps.flatMap((step) => (step.type === 'suggestions' ? step.suggestions : [])),
});
