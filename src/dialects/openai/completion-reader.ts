import { combineUsage, defined, type FinishReason, type ToolCall, type Usage } from '../../canonical/index.ts';
import { GatewayError } from '../../errors/index.ts';
import { type Fields, fieldsOf, listIn, numberIn, parseFields, textIn } from '../json.ts';
import { errorIn } from '../vendor-error.ts';
import { failureOf } from '../vendor-failures.ts';
import { createOwnFields } from './own-fields.ts';
import { type CollectedCall, createCallCollector } from './tool-calls.ts';

const finishReasons: Readonly<Record<string, FinishReason>> = {
  length: 'length',
  max_tokens: 'length',
  tool_calls: 'tool-calls',
  function_call: 'tool-calls',
};

/** Words for an answer that a filter held back, of vendors and of servers that pass on what Gemini and Bedrock say. */
const filtered =
  /^(?:content_filter(?:ed)?|(?:image_)?safety|prohibited_content|blocklist|recitation|spii|sensitive|guardrail_intervened|refusal)\b/i;

/** Words of some servers for an answer that is not whole: vLLM's, OpenRouter's, Gemini's, DeepSeek's, Zhipu's. */
const failed =
  /^(?:abort(?:ed)?|error|failed|timeout|network_error|insufficient_system_resource)$|(?:^|:\s*)(?:malformed_function_call|unexpected_tool_call)$/i;

/** What ends a stream that is whole. */
const done = '[DONE]';
const quotedDone = `"${done}"`;

/** What a frame or a document adds. */
export interface Said {
  /** Whether there was nothing to read. */
  readonly isEmpty?: true;
  readonly text: string;
  /** Seconds since 1970, where it tells them. */
  readonly created?: number | undefined;
}

/** Reads one chat completion, in pieces or whole, of whatever server that says it speaks so. */
export interface CompletionReader {
  /** Whether the model has said that it is done: what comes then adds no words. */
  isFinished(): boolean;
  /** What the data of a stream's message says; `undefined` for the end mark. Throws what it says where it is an error. */
  read(message: { readonly event?: string; readonly data: string }): Said | undefined;
  /** What a whole document says. Throws `upstream-protocol` if it is none, and what it says where it is an error. */
  readDocument(document: unknown): Said;
  end(): {
    readonly calls: readonly CollectedCall[];
    readonly finishReason: FinishReason;
    readonly model?: string;
    readonly usage?: Usage;
    /** What the message has beside its text and calls, as it is to be repeated. */
    readonly own?: object;
  };
}

/** A reader of one answer. */
export function createCompletionReader(): CompletionReader {
  const collector = createCallCollector();
  const own = createOwnFields(['role', 'content', 'refusal', 'tool_calls', 'function_call', 'annotations', 'audio']);
  let reason: string | undefined;
  let model: string | undefined;
  let counted: Usage | undefined;

  const take = (document: Fields<DocumentField>): { readonly text: string; readonly hasChoice: boolean } => {
    const error = errorIn(document);
    if (error !== undefined) throw failureOf(error);
    model = textIn(document.model) ?? model;
    const choice = choiceIn(document.choices);
    counted = greaterUsage(counted, usageIn(document.usage ?? choice?.usage));
    if (choice === undefined) return { text: '', hasChoice: false };
    const { delta, message, text: bare, finish_reason } = choice;
    const told = finish_reason === 'null' ? undefined : textIn(finish_reason);
    const failure = errorIn(choice) ?? (told !== undefined && failed.test(told) ? { type: told } : undefined);
    if (failure !== undefined) throw failureOf(failure);
    reason = told ?? reason;
    return { text: said(delta ?? message, delta === undefined) + (textIn(bare) ?? ''), hasChoice: true };
  };
  const said = (message: unknown, isWhole: boolean): string => {
    const { content, refusal, tool_calls: calls } = fieldsOf<'content' | 'refusal' | 'tool_calls'>(message);
    // In a whole message each entry is a call of its own.
    for (const [index, call] of listIn(calls).entries()) collector.add({ ...callIn(call), ...(isWhole && { index }) });
    own.add(message);
    return contentIn(content) + (textIn(refusal) ?? '');
  };
  return {
    isFinished: () => reason !== undefined,
    read({ event, data }) {
      if (data.startsWith(done) || data === quotedDone) return undefined;
      if (data.trim() === '') return nothing;
      // A sign of life with a name of its own is no chunk.
      if (event !== undefined && event !== 'error' && !data.startsWith('{')) return nothing;
      const document = parseFields<DocumentField>(data);
      if (event === 'error' && errorIn(document) === undefined) throw failureOf(document);
      const { text } = take(document);
      return { text, created: numberIn(document.created) };
    },
    readDocument(value) {
      const document = fieldsOf<DocumentField>(value);
      const { text, hasChoice } = take(document);
      if (!hasChoice) throw new GatewayError('upstream-protocol', 'The completion has no choice');
      return { text, created: numberIn(document.created) };
    },
    end: () =>
      defined({
        calls: collector.calls(),
        finishReason: finishReasonOf(reason),
        model,
        usage: counted,
        own: own.whole(),
      }),
  };
}

type DocumentField = 'error' | 'object' | 'choices' | 'model' | 'usage' | 'created';
type ChoiceField = 'index' | 'delta' | 'message' | 'text' | 'finish_reason' | 'usage';

const nothing: Said = { text: '', isEmpty: true };

const finishReasonOf = (reason = ''): FinishReason =>
  filtered.test(reason) ? 'content-filter' : (finishReasons[reason] ?? 'stop');

/** Of several answers, the first. */
function choiceIn(choices: unknown): Fields<ChoiceField> | undefined {
  const known = listIn(choices).map((choice) => fieldsOf<ChoiceField>(choice));
  return known.find(({ index }) => Number(index ?? 0) === 0);
}

/** Text, or a list of parts of which some are text, as a few servers send it. */
function contentIn(content: unknown): string {
  if (typeof content === 'string') return content;
  return (Array.isArray(content) ? listIn(content) : [content])
    .map((part) => {
      const { type, text } = fieldsOf<'type' | 'text'>(part);
      return type === undefined || type === 'text' || type === 'output_text' ? (textIn(text) ?? '') : '';
    })
    .join('');
}

function callIn(call: unknown) {
  const { index, id, type: _type, function: called, ...own } = fieldsOf(call);
  const { name, arguments: given } = fieldsOf<'name' | 'arguments'>(called);
  return {
    index: numberIn(index),
    id: textIn(id),
    name: textIn(name),
    // Some servers give the arguments as what they are.
    text: typeof given === 'object' && given !== null ? JSON.stringify(given) : textIn(given),
    own: Object.keys(own).length === 0 ? undefined : own,
  };
}

type CountName =
  | `${'prompt' | 'completion' | 'input' | 'output'}_tokens${'' | '_details'}`
  | 'total_tokens'
  | 'cached_tokens'
  | 'prompt_cache_hit_tokens';

/** Tokens as chat completions or as responses name them. */
export function usageIn(value: unknown): Usage | undefined {
  const fields = fieldsOf<CountName>(value);
  const inputTokens = numberIn(fields.prompt_tokens) ?? numberIn(fields.input_tokens);
  const outputTokens = numberIn(fields.completion_tokens) ?? numberIn(fields.output_tokens);
  const told = numberIn(fields.total_tokens);
  if (inputTokens === undefined && outputTokens === undefined && told === undefined) return undefined;
  const ofInput = fieldsOf<'cached_tokens'>(fields.prompt_tokens_details ?? fields.input_tokens_details);
  const ofOutput = fieldsOf<'reasoning_tokens'>(fields.completion_tokens_details ?? fields.output_tokens_details);
  return defined({
    inputTokens,
    outputTokens,
    totalTokens: told ?? (inputTokens ?? 0) + (outputTokens ?? 0),
    // DeepSeek and Moonshot count them beside the others.
    cachedTokens: [ofInput.cached_tokens, fields.prompt_cache_hit_tokens, fields.cached_tokens]
      .map(numberIn)
      .find((count) => count !== undefined),
    reasoningTokens: numberIn(ofOutput.reasoning_tokens),
  });
}

/** The calls without what only their vendor wants to hear again; `undefined` if there are none. */
export function callsOf(calls: readonly CollectedCall[]): readonly ToolCall[] | undefined {
  return calls.length === 0
    ? undefined
    : calls.map(({ id, name, arguments: given }) => ({ id, name, arguments: given }));
}

/** Counts that come again, each by itself: what is told last may be a part of what was told before. */
export function greaterUsage(known: Usage | undefined, later: Usage | undefined): Usage | undefined {
  const greater = combineUsage(known, later, Math.max);
  if (greater === undefined || known === undefined || later === undefined) return greater;
  const sum = (greater.inputTokens ?? 0) + (greater.outputTokens ?? 0);
  return sum > greater.totalTokens ? { ...greater, totalTokens: sum } : greater;
}
