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
const thoughts: readonly Markup[] = [
  ...['think', 'thinking', 'thought', 'reasoning', 'seed:think'].map((name) => [`<${name}>`, `</${name}>`] as const),
  ['[THINK]', '[/THINK]'] as const,
  ['◁think▷', '◁/think▷'] as const,
  ['<|START_THINKING|>', '<|END_THINKING|>'] as const,
  ['<|begin_of_thought|>', '<|end_of_thought|>'] as const,
  ['<|channel|>analysis<|message|>', '<|end|>'] as const,
].map(([open, close]) => ({ open, close }));

const marks = (...opens: readonly string[]): readonly Markup[] =>
  opens.map((open) => ({ open, close: '', calls: () => none }));

/** Calls, as servers without a reader for them leave them; and marks that say nothing. */
const calls: readonly Markup[] = [
  ...['tool_call', 'tool_calls', 'function_call', 'function_calls', 'tool_use', 'TOOLCALL', 'minimax:tool_call'].map(
    (name) => ({ open: `<${name}>`, close: `</${name}>`, calls: callsIn }),
  ),
  { open: '<|tool_call|>', close: '<|/tool_call|>', calls: callsIn },
  { open: '<function=', close: '</function>', calls: functionIn },
  { open: '[TOOL_CALLS]', close: '\n', calls: callsIn },
  { open: '<|python_tag|>', close: '<|eom_id|>', calls: callsIn },
  { open: '<|START_ACTION|>', close: '<|END_ACTION|>', calls: callsIn },
  { open: '<|tool_calls_section_begin|>', close: '<|tool_calls_section_end|>', calls: callsIn },
  { open: '<｜tool▁calls▁begin｜>', close: '<｜tool▁calls▁end｜>', calls: callsIn },
  { open: '<｜DSML｜function_calls>', close: '</｜DSML｜function_calls>', calls: callsIn },
  { open: '<|channel|>commentary to=', close: '<|call|>', calls: callsIn },
  ...marks(
    '<|start|>assistant',
    '<|channel|>final<|message|>',
    '<|channel|>commentary<|message|>',
    '<|end|>',
    '<|return|>',
  ),
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

/** Every markup begins with one of these. */
const mayOpen = /[<[◁]/;

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

/** No beginning of a markup is longer, in characters. */
const maxOpen = Math.max(...[...thoughts, ...calls].map(({ open }) => open.length));

/** How many characters at the end may be the beginning of a markup. */
function unfinishedIn(known: readonly Markup[], text: string): number {
  for (let at = Math.max(0, text.length - maxOpen); at < text.length; at += 1) {
    const end = text.slice(at);
    if (mayOpen.test(end.charAt(0)) && known.some(({ open }) => open.startsWith(end))) return end.length;
  }
  return 0;
}

/** Calls as JSON: one, a list, or several one after the other; or as markup inside. */
function callsIn(text: string): readonly WrittenCall[] {
  const plain = text.trim();
  const value = parseJson(plain);
  if (value !== undefined) return (Array.isArray(value) ? listIn(value) : [value]).flatMap(callOf);
  if (plain.startsWith('<function='))
    return functionIn(plain.slice('<function='.length).replace(/<\/function>\s*$/, ''));
  for (const read of [taggedCalls, keyedCall, callsInLines, namedCalls]) {
    const found = read(plain);
    if (found.length > 0) return found;
  }
  return [{ name: '', arguments: plain }];
}

const callsInLines = (text: string): readonly WrittenCall[] => text.split('\n').map(parseJson).flatMap(callOf);

/** `<invoke name="search_catalog"><parameter name="query">x</parameter></invoke>`, once or more. */
function taggedCalls(text: string): readonly WrittenCall[] {
  const invoked = text.matchAll(/<(?:｜DSML｜)?invoke name="([^"]*)">([\s\S]*?)<\/(?:｜DSML｜)?invoke>/g);
  return [...invoked].map(([, name = '', rest = '']) => ({
    name,
    arguments: givenBy(
      rest.matchAll(/<(?:｜DSML｜)?parameter name="([^"]*)"[^>]*>\s*([\s\S]*?)\s*<\/(?:｜DSML｜)?parameter>/g),
    ),
  }));
}

/** `search_catalog`, then a key and a value a tag. */
function keyedCall(text: string): readonly WrittenCall[] {
  const [, name = ''] = /^([\w.-]+)\s*<arg_key>/.exec(text) ?? [];
  if (name === '') return [];
  const pairs = text.matchAll(/<arg_key>\s*([\s\S]*?)\s*<\/arg_key>\s*<arg_value>\s*([\s\S]*?)\s*<\/arg_value>/g);
  return [{ name, arguments: givenBy(pairs) }];
}

/** `functions.search_catalog:0`, marks of some sort, and the arguments as JSON; once or more. */
function namedCalls(text: string): readonly WrittenCall[] {
  const each = text.split(/<[|｜]tool[_▁]call[_▁]begin[|｜]>(?:function<[|｜]tool[_▁]sep[|｜]>)?|\[TOOL_CALLS\]/);
  return each.flatMap((one) => {
    const [, name = '', rest = ''] = /^\s*(?:functions\.)?([\w-]+)[^{]{0,80}(\{[\s\S]*\})/.exec(one) ?? [];
    return name === '' || parseJson(rest) === undefined ? [] : [{ name, arguments: rest }];
  });
}

const givenBy = (pairs: Iterable<RegExpExecArray>): string =>
  JSON.stringify(
    Object.fromEntries([...pairs].map(([, field = '', value = '']) => [field, parseJson(value) ?? value])),
  );

function callOf(value: unknown): readonly WrittenCall[] {
  const {
    name,
    function: inner,
    tool_name: other,
    arguments: given,
    parameters,
  } = fieldsOf<'name' | 'tool_name' | 'function' | 'arguments' | 'parameters'>(value);
  if (typeof inner === 'object' && inner !== null) return callOf(inner);
  const called = textIn(name) ?? textIn(other) ?? textIn(inner);
  if (called === undefined) return [];
  const told = given ?? parameters ?? {};
  return [{ name: called, arguments: typeof told === 'string' ? told : JSON.stringify(told) }];
}

/** `search_catalog>{"query":"x"}`, `search_catalog={"query":"x"}`, or a parameter a tag. */
function functionIn(text: string): readonly WrittenCall[] {
  const [, name = '', rest = ''] = /^([\w.-]+)\s*[=>]?\s*([\s\S]*)$/.exec(text) ?? [];
  const tags = [...rest.matchAll(/<parameter=([\w.-]+)>\s*([\s\S]*?)\s*<\/parameter>/g)];
  if (tags.length === 0) return [{ name, arguments: rest.replace(/>\s*$/, '').trim() }];
  return [{ name, arguments: givenBy(tags) }];
}
