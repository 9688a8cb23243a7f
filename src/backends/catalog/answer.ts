import type { Item } from '../../canonical/index.ts';

/** What the backend says to one message, whole. */
export interface Answer {
  readonly text: string;
  readonly items: readonly Item[];
  readonly suggestions: readonly string[];
}

/** An answer of words alone, with what may be asked next. */
export function say(text: string, suggestions: readonly string[] = []): Answer {
  return { text, items: [], suggestions };
}
