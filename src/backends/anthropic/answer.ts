import { defined, type FinishReason, type Usage } from '../../canonical/index.ts';
import { GatewayError } from '../../errors/index.ts';
import {
  createCallCollector,
  cutOff,
  errorIn,
  failureOf,
  fieldsOf,
  listIn,
  type ModelEvent,
  numberIn,
  parseFields,
  type StreamDecoder,
  textIn,
} from '../language-model/index.ts';

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
  if (!Array.isArray(content)) throw new GatewayError('upstream-protocol', 'The message has no content');
  const answer = createAnswer();
  answer.head(document);
  answer.ending(document);
  const text = listIn(content)
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
    read({ data }, events) {
      if (data === '') return false;
      const event = parseFields<StreamField>(data);
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
        case 'error':
          throw failureOf(event.error);
        default:
          // Pings, and events that are yet to be thought of: the vendor asks to pass over them.
          return false;
      }
    },
    finish() {
      throw cutOff();
    },
  };
}

/** What documents and streams have in common. */
function createAnswer() {
  const collector = createCallCollector();
  let model: string | undefined;
  let reason: string | undefined;
  let counts: TokenCounts = {};
  return {
    head(message: unknown): void {
      const { model: name, usage } = fieldsOf<'model' | 'usage'>(message);
      model = textIn(name);
      counts = countsIn(usage);
    },
    /** Counts that come again are those of the whole. */
    ending(message: unknown): void {
      const { stop_reason, usage } = fieldsOf<'stop_reason' | 'usage'>(message);
      reason = textIn(stop_reason) ?? reason;
      counts = { ...counts, ...countsIn(usage) };
    },
    /** The text that a block begins with. */
    begin(block: unknown, index: number | undefined): string {
      const { type, text, id, name, input } = fieldsOf<'type' | 'text' | 'id' | 'name' | 'input'>(block);
      if (type === 'tool_use') {
        // In a stream the input is empty here, and comes in pieces.
        const given = Object.keys(fieldsOf(input)).length > 0 ? JSON.stringify(input) : undefined;
        collector.add({ index, id: textIn(id), name: textIn(name), text: given });
      }
      return type === 'text' ? (textIn(text) ?? '') : '';
    },
    /** The text that a piece of a block adds. */
    grow(delta: unknown, index: number | undefined): string | undefined {
      const { type, text, partial_json } = fieldsOf<'type' | 'text' | 'partial_json'>(delta);
      if (type === 'text_delta') return textIn(text);
      if (type === 'input_json_delta') collector.add({ index, text: textIn(partial_json) });
      return undefined;
    },
    end: (): readonly ModelEvent[] => [
      ...collector.calls(),
      defined({
        type: 'model-end' as const,
        finishReason: finishReasons[reason ?? ''] ?? 'stop',
        model,
        usage: usageOf(counts),
      }),
    ],
  };
}

interface TokenCounts {
  readonly input?: number;
  readonly output?: number;
}

/** What was read from the vendor's cache was read all the same. */
function countsIn(usage: unknown): TokenCounts {
  const { input_tokens, output_tokens, cache_creation_input_tokens, cache_read_input_tokens } = fieldsOf<
    'input_tokens' | 'output_tokens' | 'cache_creation_input_tokens' | 'cache_read_input_tokens'
  >(usage);
  const own = numberIn(input_tokens);
  const cached = (numberIn(cache_creation_input_tokens) ?? 0) + (numberIn(cache_read_input_tokens) ?? 0);
  return defined({ input: own === undefined ? undefined : own + cached, output: numberIn(output_tokens) });
}

function usageOf({ input, output }: TokenCounts): Usage | undefined {
  const totalTokens = (input ?? 0) + (output ?? 0);
  return totalTokens === 0 ? undefined : defined({ inputTokens: input, outputTokens: output, totalTokens });
}
