import { defined, type FinishReason, type Usage } from '../../canonical/index.ts';
import { fieldsOf, listIn, numberIn, parseFields, parseJson, textIn } from '../../dialects/json.ts';
import { createCallCollector } from '../../dialects/openai/tool-calls.ts';
import { errorIn } from '../../dialects/vendor-error.ts';
import { failureOf } from '../../dialects/vendor-failures.ts';
import { GatewayError } from '../../errors/index.ts';
import { cutOff, type ModelEvent, type StreamDecoder } from '../language-model/index.ts';
import { createBlocks } from './blocks.ts';

const finishReasons: Readonly<Record<string, FinishReason>> = {
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  refusal: 'content-filter',
};

/** Reads a whole message. Throws `upstream-protocol` if it is none, and what it says where it is an error. */
export function decodeDocument(document: unknown): readonly ModelEvent[] {
  const error = errorIn(document);
  if (error !== undefined) throw failureOf(error);
  const { content } = fieldsOf<'content'>(document);
  if (!Array.isArray(content) && textIn(content) === undefined)
    throw new GatewayError('upstream-protocol', 'The message has no content');
  const answer = createAnswer();
  answer.head(document);
  answer.ending(document);
  const text = (Array.isArray(content) ? listIn(content) : [{ type: 'text', text: content }])
    .map((block, index) => answer.begin(block, index))
    .join('');
  return [...(text === '' ? [] : [{ type: 'text-delta' as const, text }]), ...answer.end()];
}

type StreamField = 'type' | 'index' | 'message' | 'content_block' | 'delta' | 'error' | 'usage';

/** Reads the stream of one message. */
export function createDecoder(): StreamDecoder {
  const answer = createAnswer();
  const say = (text: string | undefined, events: ModelEvent[]): void => {
    if (text !== undefined && text !== '') events.push({ type: 'text-delta', text });
  };
  return {
    isFinished: answer.isFinished,
    read({ event: name, data }, events) {
      if (data.trim() === '') return false;
      if (data.startsWith('[DONE]')) {
        events.push(...answer.end());
        return true;
      }
      // A sign of life with a name of its own.
      if (name !== undefined && name !== 'error' && !data.startsWith('{')) return false;
      const event = parseFields<StreamField>(data);
      const error = name === 'error' || event.type === 'error' ? (event.error ?? event) : errorIn(event);
      if (error !== undefined) throw failureOf(error);
      switch (event.type) {
        case 'message_start':
          answer.head(event.message);
          return false;
        case 'content_block_start':
          say(answer.begin(event.content_block, numberIn(event.index)), events);
          return false;
        case 'content_block_delta':
          say(answer.grow(event.delta, numberIn(event.index)), events);
          return false;
        case 'message_delta':
          answer.ending({ ...fieldsOf(event.delta), usage: event.usage });
          return false;
        case 'message_stop':
          events.push(...answer.end());
          return true;
        default:
          // Pings, and events that are yet to be thought of: the vendor asks to pass over them.
          return false;
      }
    },
    finish: answer.finish,
  };
}

/** What documents and streams have in common. */
function createAnswer() {
  const collector = createCallCollector();
  const blocks = createBlocks();
  let model: string | undefined;
  let reason: string | undefined;
  let counts: Counts = noCounts;
  const end = (): readonly ModelEvent[] => {
    const calls = collector.calls();
    if (reason === 'model_context_window_exceeded' && blocks.whole().length === 0) {
      throw new GatewayError('context-overflow', 'The model has no room for an answer');
    }
    return [
      ...calls.map((call) => ({ type: 'tool-call' as const, call })),
      defined({
        type: 'model-end' as const,
        finishReason: finishReasons[reason ?? ''] ?? 'stop',
        model,
        usage: usageOf(counts),
        own: calls.length > 0 && blocks.sayMore() ? blocks.whole() : undefined,
      }),
    ];
  };
  return {
    isFinished: () => reason !== undefined,
    head(message: unknown): void {
      const { model: name, usage } = fieldsOf<'model' | 'usage'>(message);
      model = textIn(name);
      counts = greaterCounts(counts, usage);
    },
    ending(message: unknown): void {
      const { stop_reason, usage } = fieldsOf<'stop_reason' | 'usage'>(message);
      reason = textIn(stop_reason) ?? reason;
      counts = greaterCounts(counts, usage);
    },
    /** The text that a block begins with. */
    begin(block: unknown, index: number | undefined): string {
      blocks.begin(block, index);
      const { type, text, id, name, input } = fieldsOf<'type' | 'text' | 'id' | 'name' | 'input'>(block);
      if (type === 'tool_use') {
        // In a stream the input is empty here, and comes in pieces.
        const given = typeof input === 'string' ? input : isFilled(input) ? JSON.stringify(input) : undefined;
        collector.add({ index, id: textIn(id), name: textIn(name), text: given });
      }
      return type === 'text' ? (textIn(text) ?? '') : '';
    },
    /** The text that a piece of a block adds. */
    grow(delta: unknown, index: number | undefined): string | undefined {
      const { type, text, partial_json } = fieldsOf<'type' | 'text' | 'partial_json'>(delta);
      if (type === 'input_json_delta' && blocks.isCall(index)) collector.add({ index, text: textIn(partial_json) });
      else blocks.grow(delta, index);
      return type === 'text_delta' ? textIn(text) : undefined;
    },
    end,
    /** Where the stream ends without its mark: that the model had stopped is what counts. Our choice. */
    finish(): readonly ModelEvent[] {
      if (reason === undefined) throw cutOff();
      return end();
    },
  };
}

const isFilled = (input: unknown): boolean => Object.keys(fieldsOf(input)).length > 0;

/** What was read from the vendor's cache was read all the same. */
const noCounts = { input_tokens: 0, cache_creation_input_tokens: 0, cache_read_input_tokens: 0, output_tokens: 0 };

type Counts = Readonly<typeof noCounts>;

/** Counts that come again, each by itself: what is told last may be a part of what was told before. */
function greaterCounts(known: Counts, usage: unknown): Counts {
  const later = fieldsOf<keyof Counts>(usage);
  const greater = (name: keyof Counts): number => Math.max(known[name], numberIn(later[name]) ?? 0);
  return {
    input_tokens: greater('input_tokens'),
    cache_creation_input_tokens: greater('cache_creation_input_tokens'),
    cache_read_input_tokens: greater('cache_read_input_tokens'),
    output_tokens: greater('output_tokens'),
  };
}

function usageOf(counts: Counts): Usage | undefined {
  const { output_tokens: outputTokens } = counts;
  const inputTokens = counts.input_tokens + counts.cache_creation_input_tokens + counts.cache_read_input_tokens;
  const totalTokens = inputTokens + outputTokens;
  if (totalTokens === 0) return undefined;
  const { cache_read_input_tokens: cachedTokens } = counts;
  return { inputTokens, outputTokens, totalTokens, ...(cachedTokens > 0 && { cachedTokens }) };
}

/** The input of a call as the vendor takes it: an object; what a model took for one and was none has no other place. */
export const inputOf = (text: string): object => {
  const value = parseJson(text);
  return Array.isArray(value) ? {} : fieldsOf(value);
};
