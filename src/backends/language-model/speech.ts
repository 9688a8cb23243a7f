import { fieldsOf, listIn, parseJson, textIn } from '../../dialects/json.ts';
import { GatewayError } from '../../errors/index.ts';

/** A call that a server left in the text. */
export interface WrittenCall {
  readonly name: string;
  /** JSON text, or what the model takes for it. */
  readonly arguments: string;
}

/** What a text turns out to say. */
export interface Heard {
  /** What is for the visitor. */
  readonly text: string;
  readonly calls: readonly WrittenCall[];
}

/** Takes apart what a model says: words for the visitor, calls that stand among them as markup, and what it thinks. */
export interface Speech {
  hear(text: string): Heard;
  /** What is left at the end. */
  end(): Heard;
}

interface Markup {
  readonly open: string;
  readonly close: string;
  /** Calls in what stands between; `undefined` for what the model thinks. */
  readonly calls?: (text: string) => readonly WrittenCall[];
}

/** What models think, as servers without a reader for it leave it at the beginning of the text. */
const thoughts: readonly Markup[] = ['think', 'thinking', 'thought', 'reasoning'].map((name) => ({
  open: `<${name}>`,
  close: `</${name}>`,
}));

/** Calls, as servers without a reader for them leave them. */
const calls: readonly Markup[] = [
  { open: '<tool_call>', close: '</tool_call>', calls: callsIn },
  { open: '<tool_calls>', close: '</tool_calls>', calls: callsIn },
  { open: '<function_call>', close: '</function_call>', calls: callsIn },
  { open: '<tool_use>', close: '</tool_use>', calls: callsIn },
  { open: '<|tool_call|>', close: '<|/tool_call|>', calls: callsIn },
  { open: '<function=', close: '</function>', calls: (text) => functionIn(text) },
  { open: '[TOOL_CALLS]', close: '\n', calls: callsIn },
  { open: '<|python_tag|>', close: '<|eom_id|>', calls: callsIn },
];

/** No markup is longer, in characters. Our choice. */
const maxMarkup = 4_000_000;

/** A reader of one answer. Where `showsThoughts`, what the model thinks is left in the text. */
export function createSpeech({ showsThoughts }: { readonly showsThoughts: boolean }): Speech {
  let held = '';
  let inside: Markup | undefined;
  let hasSpoken = false;
  const known = (): readonly Markup[] => (showsThoughts || hasSpoken ? calls : [...thoughts, ...calls]);
  const hear = (text: string, isEnd: boolean): Heard => {
    if (held === '' && inside === undefined && !mayOpen.test(text)) {
      hasSpoken ||= text.trim() !== '';
      return { text, calls: none };
    }
    held += text;
    if (!showsThoughts && !hasSpoken && inside === undefined) held = afterThoughts(held);
    if (held.length > maxMarkup) throw new GatewayError('upstream-protocol', 'The model writes markup without end');
    let said = '';
    const found: WrittenCall[] = [];
    for (;;) {
      if (inside === undefined) {
        const next = firstOf(known(), held);
        const upTo = next?.at ?? held.length - (isEnd ? 0 : unfinishedIn(known(), held));
        said += held.slice(0, upTo);
        hasSpoken ||= said.trim() !== '';
        held = held.slice(upTo + (next?.markup.open.length ?? 0));
        inside = next?.markup;
        if (next === undefined) break;
      } else {
        const at = held.indexOf(inside.close);
        // Models forget to close what they end with.
        if (at === -1 && !isEnd) break;
        const content = at === -1 ? held : held.slice(0, at);
        if (inside.calls !== undefined) found.push(...inside.calls(content));
        held = at === -1 ? '' : held.slice(at + inside.close.length);
        inside = undefined;
        if (held === '') break;
      }
    }
    return { text: said, calls: found };
  };
  return { hear: (text) => hear(text, false), end: () => hear('', true) };
}

const none: readonly WrittenCall[] = [];

/** Every markup begins with one of these, and has none of them after that. */
const mayOpen = /[<[]/;

/** What a model thinks stands before its first word. */
function firstOf(known: readonly Markup[], text: string) {
  let first: { readonly at: number; readonly markup: Markup } | undefined;
  for (const markup of known) {
    const at = text.indexOf(markup.open);
    if (at === -1 || (markup.calls === undefined && text.slice(0, at).trim() !== '')) continue;
    if (first === undefined || at < first.at) first = { at, markup };
  }
  return first;
}

/** The text after what a model thinks where its beginning was not told, as templates leave it that write it themselves. */
function afterThoughts(text: string): string {
  const end = thoughts.map(({ close }) => [text.indexOf(close), close.length] as const).find(([at]) => at !== -1);
  if (end === undefined || firstOf(thoughts, text) !== undefined) return text;
  return text.slice(end[0] + end[1]);
}

/** How many characters at the end may be the beginning of a markup. */
function unfinishedIn(known: readonly Markup[], text: string): number {
  const end = text.slice(Math.max(text.lastIndexOf('<'), text.lastIndexOf('[')));
  return mayOpen.test(end) && known.some(({ open }) => open.startsWith(end)) ? end.length : 0;
}

/** Calls as JSON: one, a list, or several one after the other; or as markup inside. */
function callsIn(text: string): readonly WrittenCall[] {
  const plain = text.trim();
  const value = parseJson(plain);
  if (value !== undefined) return (Array.isArray(value) ? listIn(value) : [value]).flatMap(callOf);
  if (plain.startsWith('<function='))
    return functionIn(plain.slice('<function='.length).replace(/<\/function>\s*$/, ''));
  const lines = plain.split('\n').map(parseJson);
  const found = lines.flatMap(callOf);
  return found.length > 0 ? found : [{ name: '', arguments: plain }];
}

function callOf(value: unknown): readonly WrittenCall[] {
  const {
    name,
    function: inner,
    arguments: given,
    parameters,
  } = fieldsOf<'name' | 'function' | 'arguments' | 'parameters'>(value);
  if (typeof inner === 'object' && inner !== null) return callOf(inner);
  const called = textIn(name) ?? textIn(inner);
  if (called === undefined) return [];
  const told = given ?? parameters ?? {};
  return [{ name: called, arguments: typeof told === 'string' ? told : JSON.stringify(told) }];
}

/** `search_catalog>{"query":"x"}`, `search_catalog={"query":"x"}`, or a parameter a tag. */
function functionIn(text: string): readonly WrittenCall[] {
  const [, name = '', rest = ''] = /^([\w.-]+)\s*[=>]?\s*([\s\S]*)$/.exec(text) ?? [];
  const tags = [...rest.matchAll(/<parameter=([\w.-]+)>\s*([\s\S]*?)\s*<\/parameter>/g)];
  if (tags.length === 0) return [{ name, arguments: rest.replace(/>\s*$/, '').trim() }];
  const given = tags.map(([, field = '', value = '']) => [field, parseJson(value) ?? value]);
  return [{ name, arguments: JSON.stringify(Object.fromEntries(given)) }];
}
