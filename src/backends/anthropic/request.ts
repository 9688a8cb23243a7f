import { defined, type ModelParameters } from '../../canonical/index.ts';
import type { AnthropicBackendSettings } from '../../config/index.ts';
import { fieldsOf, listIn } from '../../dialects/json.ts';
import type { ModelMessage, ModelRequest, Tool, ToolCall } from '../language-model/index.ts';
import { inputOf } from './answer.ts';

type Settings = Pick<AnthropicBackendSettings, 'model' | 'maxTokens' | 'temperature'>;

/** The vendor wants a limit; as much as a long answer in a chat has. */
const usualMaxTokens = 1_024;

/** Makes the body of a messages request. */
export function createRequestEncoder({ model, maxTokens, temperature }: Settings) {
  const fixed = defined({ model, max_tokens: maxTokens ?? usualMaxTokens, temperature });
  return ({ system, messages, delivery, tools, choice, parallel, parameters = {} }: ModelRequest): object => ({
    messages: encodeMessages(messages),
    stream: delivery === 'stream',
    ...(system !== '' && { system }),
    ...encodeTools(messages, { tools, choice, parallel }),
    ...fixed,
    ...asked(parameters, maxTokens),
  });
}

/** What the client asks of the model, as far as this wire can say it; its temperature ends at 1. */
const asked = (parameters: ModelParameters, most = Number.POSITIVE_INFINITY): object => {
  const { temperature, topP, maxTokens, stop } = parameters;
  return defined({
    output_config: outputConfig(parameters),
    temperature: temperature === undefined ? undefined : Math.min(temperature, 1),
    top_p: topP,
    max_tokens: maxTokens === undefined ? undefined : Math.min(maxTokens, most),
    // White space alone ends no answer there.
    stop_sequences: stop?.filter((text) => text.trim() !== ''),
  });
};

/** The other vendor's words for an effort, where this one has others. */
const efforts: Readonly<Record<string, string | undefined>> = { none: undefined, minimal: 'low' };

function outputConfig({ reasoningEffort, responseFormat }: ModelParameters): object | undefined {
  const effort =
    reasoningEffort !== undefined && Object.hasOwn(efforts, reasoningEffort)
      ? efforts[reasoningEffort]
      : reasoningEffort;
  const schema = responseFormat?.type === 'json-schema' ? responseFormat.schema : undefined;
  if (effort === undefined && schema === undefined) return undefined;
  return defined({ effort, format: schema && { type: 'json_schema', schema } });
}

type Calling = Pick<ModelRequest, 'tools' | 'choice'> & { readonly parallel: boolean | undefined };

/** Calls that were made before are taken only beside their tools: those are told to the end, and for want of any by their names alone. */
function encodeTools(messages: readonly ModelMessage[], { tools, choice, parallel }: Calling): object {
  if (tools.length > 0) {
    return {
      tools: tools.map(encodeTool),
      tool_choice: { ...encodeChoice(choice), ...encodeParallel(choice, parallel) },
    };
  }
  const names = new Set(
    messages.flatMap((message) => (message.role === 'assistant' ? message.calls : [])).map(({ name }) => name),
  );
  if (names.size === 0) return {};
  return { tools: [...names].map((name) => encodeTool({ name })), tool_choice: { type: 'none' } };
}

function encodeChoice(choice: ModelRequest['choice']): object {
  if (typeof choice === 'object') return { type: 'tool', name: choice.name };
  return { type: choice === 'required' ? 'any' : choice };
}

const encodeParallel = (choice: ModelRequest['choice'], parallel: boolean | undefined): object =>
  parallel === undefined || choice === 'none' ? {} : { disable_parallel_tool_use: !parallel };

const encodeTool = ({ name, description, parameters }: Tool): object =>
  defined({ name, description, input_schema: { type: 'object', ...parameters } });

/** What the client's tools gave and what is said after it is one message, the results first, as the vendor wants it. */
function encodeMessages(messages: readonly ModelMessage[]): readonly object[] {
  const encoded: { readonly role: string; readonly content: readonly object[] }[] = [];
  for (const message of messages) {
    const role = message.role === 'assistant' ? 'assistant' : 'user';
    const last = encoded.at(-1);
    const content = encodeContent(message);
    if (last?.role === role) encoded[encoded.length - 1] = { role, content: [...last.content, ...content] };
    else encoded.push({ role, content });
  }
  return encoded;
}

/** Blocks of content; empty text is no block. */
function encodeContent(message: ModelMessage): readonly object[] {
  switch (message.role) {
    case 'user':
      return [...message.images.map(encodeImage), ...textBlocks(message.text)];
    case 'assistant':
      return message.own === undefined
        ? [...textBlocks(message.text), ...message.calls.map(encodeCall)]
        : repeated(message);
    case 'tools':
      return message.results.map(({ callId, content, failed }) => ({
        type: 'tool_result',
        tool_use_id: callId,
        content,
        ...(failed && { is_error: true }),
      }));
    default:
      return message satisfies never;
  }
}

/** Blocks of white space alone are refused. */
const textBlocks = (text: string): readonly object[] => (text.trim() === '' ? [] : [{ type: 'text', text }]);

const encodeCall = ({ id, name, arguments: text }: ToolCall) => ({ type: 'tool_use', id, name, input: inputOf(text) });

/** The vendor's own message as it came, thinking and signatures too, with those of its calls that were run. */
function repeated({ own, calls }: Extract<ModelMessage, { role: 'assistant' }>): readonly object[] {
  const blocks = listIn(own).flatMap((block) => {
    const { type, text, id } = fieldsOf<'type' | 'text' | 'id'>(block);
    if (type === 'tool_use') return calls.filter((call) => call.id === id).map(encodeCall);
    return type === 'text' && (typeof text !== 'string' || text.trim() === '') ? [] : [fieldsOf(block)];
  });
  const told = new Set(blocks.map(({ id }) => id));
  return [...blocks, ...calls.filter(({ id }) => !told.has(id)).map(encodeCall)];
}

function encodeImage(url: string): object {
  const [, mediaType, data] = /^data:([\w/+.-]+);base64,(.*)$/s.exec(url) ?? [];
  const source =
    data === undefined ? { type: 'url', url } : { type: 'base64', media_type: mediaType ?? 'image/png', data };
  return { type: 'image', source };
}
