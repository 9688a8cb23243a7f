import { defined } from '../../canonical/index.ts';
import type { AnthropicBackendSettings } from '../../config/index.ts';
import { fieldsOf, listIn } from '../../dialects/json.ts';
import type { ModelMessage, ModelRequest, Tool, ToolCall } from '../language-model/index.ts';
import { inputOf } from './answer.ts';

type Settings = Pick<AnthropicBackendSettings, 'model' | 'maxTokens' | 'temperature'>;

/** The vendor wants a limit; as much as a long answer in a chat has. */
const usualMaxTokens = 1_024;

/** Makes the body of a messages request. */
export function createRequestEncoder({ model, maxTokens = usualMaxTokens, temperature }: Settings) {
  const fixed = defined({ model, max_tokens: maxTokens, temperature });
  return ({ system, messages, delivery, tools, mayCall }: ModelRequest): object => ({
    ...fixed,
    ...(system !== '' && { system }),
    messages: messages.map((message) => ({
      role: message.role === 'assistant' ? 'assistant' : 'user',
      content: encodeContent(message),
    })),
    stream: delivery === 'stream',
    ...(tools.length > 0 && {
      tools: tools.map(encodeTool),
      // Calls that were made before are understood only beside their tools: those are told to the end.
      tool_choice: { type: mayCall ? 'auto' : 'none' },
    }),
  });
}

const encodeTool = ({ name, description, parameters }: Tool) => ({ name, description, input_schema: parameters });

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
