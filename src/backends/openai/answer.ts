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
  length: 'length',
  content_filter: 'content-filter',
};

/** Words of some servers for an answer that is not whole: vLLM's and OpenRouter's. */
const failedReasons: ReadonlySet<string> = new Set(['abort', 'error']);

/** Reads a whole chat completion. Throws `upstream-protocol` if it is none, and what it says where it is an error. */
export function decodeDocument(document: unknown): readonly ModelEvent[] {
  const answer = createAnswer();
  const choice = answer.read(document);
  if (choice === undefined) throw new GatewayError('upstream-protocol', 'The completion has no choice');
  return [...answer.said(fieldsOf<'message'>(choice).message), ...answer.end()];
}

/** Reads the stream of one chat completion. */
export function createDecoder(): StreamDecoder {
  const answer = createAnswer();
  return {
    read({ data }, events) {
      if (data === '') return false;
      if (data.startsWith('[DONE]')) {
        events.push(...answer.end());
        return true;
      }
      const choice = answer.read(parseFields(data));
      if (choice === undefined) return false;
      for (const event of answer.said(fieldsOf<'delta'>(choice).delta)) events.push(event);
      return false;
    },
    finish() {
      // Some servers close without `[DONE]`: that the model had finished is what counts. Our choice.
      if (!answer.isFinished()) throw cutOff();
      return answer.end();
    },
  };
}

/** What documents and streams have in common: both bring it all, or a piece at a time. */
function createAnswer() {
  const collector = createCallCollector();
  let reason: string | undefined;
  let model: string | undefined;
  let usage: Usage | undefined;
  return {
    isFinished: () => reason !== undefined,
    /** Takes what stands around the choice, and gives the choice. */
    read(document: unknown): unknown {
      const fields = fieldsOf<'error' | 'object' | 'choices' | 'model' | 'usage'>(document);
      const error = errorIn(fields);
      if (error !== undefined) throw failureOf(error);
      model = textIn(fields.model) ?? model;
      usage = usageIn(fields.usage) ?? usage;
      const [choice] = listIn(fields.choices);
      reason = textIn(fieldsOf<'finish_reason'>(choice).finish_reason) ?? reason;
      if (reason !== undefined && failedReasons.has(reason)) throw failureOf({ type: reason });
      return choice;
    },
    /** What a message, or a piece of one, says now; its calls are kept for the end. */
    said(message: unknown): readonly ModelEvent[] {
      const { content, refusal, tool_calls: calls } = fieldsOf<'content' | 'refusal' | 'tool_calls'>(message);
      if (calls !== undefined) for (const call of listIn(calls)) collector.add(callIn(call));
      const text = contentIn(content) + (textIn(refusal) ?? '');
      return text === '' ? nothing : [{ type: 'text-delta', text }];
    },
    end: (): readonly ModelEvent[] => [
      ...collector.calls(),
      defined({ type: 'model-end' as const, finishReason: finishReasons[reason ?? ''] ?? 'stop', model, usage }),
    ],
  };
}

const nothing: readonly ModelEvent[] = [];

/** Text, or a list of parts of which some are text, as a few servers send it. */
function contentIn(content: unknown): string {
  if (typeof content === 'string') return content;
  return listIn(content)
    .map((part) => textIn(fieldsOf<'text'>(part).text) ?? '')
    .join('');
}

function callIn(call: unknown) {
  const { index, id, function: called } = fieldsOf<'index' | 'id' | 'function'>(call);
  const { name, arguments: given } = fieldsOf<'name' | 'arguments'>(called);
  return {
    index: numberIn(index),
    id: textIn(id),
    name: textIn(name),
    // Some servers give the arguments as what they are.
    text: typeof given === 'object' && given !== null ? JSON.stringify(given) : textIn(given),
  };
}

function usageIn(value: unknown): Usage | undefined {
  const { prompt_tokens, completion_tokens, total_tokens } = fieldsOf<
    'prompt_tokens' | 'completion_tokens' | 'total_tokens'
  >(value);
  const [inputTokens, outputTokens] = [numberIn(prompt_tokens), numberIn(completion_tokens)];
  const totalTokens = numberIn(total_tokens) ?? (inputTokens ?? 0) + (outputTokens ?? 0);
  return totalTokens === 0 ? undefined : defined({ inputTokens, outputTokens, totalTokens });
}
