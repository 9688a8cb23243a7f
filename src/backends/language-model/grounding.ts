import type { Item } from '../../canonical/index.ts';
import { wordsOf } from '../../catalog/index.ts';
import type { Tool, ToolCall, ToolResult } from './model.ts';
import { toData } from './turn-data.ts';

/** What came of a tool's run. */
export interface ToolOutcome {
  readonly result: ToolResult;
  /** What the visitor is to be shown. */
  readonly items: readonly Item[];
}

/** What ties one answer to facts. */
export interface Grounding {
  /** What the model is held to, in our words alone; empty if nothing. */
  readonly rules: string;
  /** What the model is told as data. */
  readonly facts: object;
  readonly tools: readonly Tool[];
  /** Never throws for what a model did wrong: that is told to the model. */
  run(call: ToolCall): Promise<ToolOutcome>;
  /** What is to be shown beside a text that is now whole, if it was not shown before. */
  itemsFor(text: string): readonly Item[];
}

/** A model that is on its own. */
export const ungrounded: Grounding = {
  rules: '',
  facts: {},
  tools: [],
  run: async (call) => failed(call, 'There are no tools'),
  itemsFor: () => [],
};

/** What a model is told that has called a tool in a way that cannot be run. */
export function failed({ id }: ToolCall, reason: string): ToolOutcome {
  return { result: { callId: id, content: toData({ error: reason }), failed: true }, items: [] };
}

/** Those items whose whole title stands in a text, whatever its case and accents. */
export function namedIn(text: string, items: readonly Item[]): readonly Item[] {
  const said = ` ${wordsOf(text).join(' ')} `;
  return items.filter(({ title }) => {
    const words = wordsOf(title).join(' ');
    return words !== '' && said.includes(` ${words} `);
  });
}
