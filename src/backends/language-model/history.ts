import { parseJson } from '../../dialects/json.ts';
import type { TranscriptEntry } from '../transcript.ts';
import type { ModelMessage, ToolCall } from './model.ts';

export interface HistoryBudget {
  readonly messages: number;
  readonly characters: number;
}

/**
 * The end of what was said, as much as the budget holds. It is cut before something that the visitor said, so that no answer stands
 * without its question.
 */
export function cutHistory(said: readonly TranscriptEntry[], budget: HistoryBudget): readonly TranscriptEntry[] {
  let start = said.length;
  let characters = 0;
  for (const [at, one] of [...said.entries()].toReversed()) {
    characters += charactersOf(one);
    if (said.length - at > budget.messages || characters > budget.characters) break;
    if (one.role === 'visitor') start = at;
  }
  return said.slice(start);
}

const charactersOf = ({ text, used = [] }: TranscriptEntry): number =>
  used.reduce((sum, { call, result }) => sum + call.arguments.length + result.length, text.length);

/** Where the turn begins: with what the visitor said last. */
const turnIn = (said: readonly TranscriptEntry[]): number => said.findLastIndex(({ role }) => role === 'visitor');

/** What was said without what nobody answered, the turn apart. */
export function answered(said: readonly TranscriptEntry[]): readonly TranscriptEntry[] {
  const turn = turnIn(said);
  return said.filter(({ role }, at) => role === 'assistant' || at === turn || said[at + 1]?.role === 'assistant');
}

/** The newer half of what was said, the turn always; no answer in it stands without its question. */
export function newerHalf(said: readonly TranscriptEntry[]): readonly TranscriptEntry[] {
  const turn = Math.max(0, turnIn(said));
  const past = said.slice(Math.ceil(turn / 2), turn);
  const start = past.findIndex(({ role }) => role === 'visitor');
  return [...(start === -1 ? [] : past.slice(start)), ...said.slice(turn)];
}

/** What is told in place of a round of the client's tools, by the id of its first call. */
export type Recalled = ReadonlyMap<string, readonly ModelMessage[]>;

/** What was said as vendors take it: neighbours of one role are one message. */
export function toModelMessages(
  said: readonly TranscriptEntry[],
  recalled: Recalled = new Map(),
): readonly ModelMessage[] {
  const runs: TranscriptEntry[][] = [];
  for (const one of said) {
    const run = runs.at(-1);
    const last = run?.at(-1);
    if (last?.role === one.role && last.used === undefined) run?.push(one);
    else runs.push([one]);
  }
  return runs.flatMap(joined).flatMap(({ role, text, images = [], used = [] }): readonly ModelMessage[] => {
    if (role === 'visitor') return [{ role: 'user', text, images }];
    const [first] = used;
    if (first === undefined) return [{ role, text, calls: [] }];
    const results = used.map(({ call, result }) => ({ callId: call.id, content: result, failed: false }));
    return (
      recalled.get(first.call.id) ?? [
        { role, text, calls: used.map(({ call }) => repeatable(call)) },
        { role: 'tools', results },
      ]
    );
  });
}

/** Servers read the arguments of earlier calls again, and fail at what is no JSON object. */
export function repeatable(call: ToolCall): ToolCall {
  const value = parseJson(call.arguments);
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isObject ? call : { ...call, arguments: '{}' };
}

/** Put together once: to do so with one after the other would take the square of their length. */
function joined(run: readonly TranscriptEntry[]): readonly TranscriptEntry[] {
  const last = run.at(-1);
  if (last === undefined || run.length === 1) return run;
  const text = run.flatMap((one) => (one.text === '' ? [] : [one.text])).join('\n\n');
  return [{ ...last, text, images: run.flatMap(({ images = [] }) => images) }];
}
