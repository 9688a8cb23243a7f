import { defined, type ModelParameters } from '../../canonical/index.ts';
import type { OpenaiBackendSettings } from '../../config/index.ts';
import { modelParameters } from '../../dialects/openai/parameters.ts';
import type { ModelMessage, ModelRequest } from '../language-model/index.ts';

type Settings = Pick<OpenaiBackendSettings, 'baseUrl' | 'model' | 'maxTokens' | 'maxTokensName' | 'temperature'>;

/** Makes the body of a chat completions request, for any server that speaks it. */
export function createRequestEncoder({ baseUrl, model, maxTokens, maxTokensName, temperature }: Settings) {
  // The vendor's newer models refuse `max_tokens`; most other servers know nothing else.
  const usual = /(?:^|\.)(?:api\.openai\.com|openai\.azure\.com)$/.test(new URL(baseUrl).hostname)
    ? 'max_completion_tokens'
    : 'max_tokens';
  const limit = maxTokensName ?? usual;
  const fixed = defined({ model, [limit]: maxTokens, temperature });
  return ({ system, messages, delivery, tools, choice, parallel, parameters = {} }: ModelRequest): object => ({
    ...fixed,
    ...asked(parameters, { limit, most: maxTokens }),
    messages: [...(system === '' ? [] : [{ role: 'system', content: system }]), ...messages.flatMap(encodeMessage)],
    ...(delivery === 'stream' ? { stream: true, stream_options: { include_usage: true } } : { stream: false }),
    ...(tools.length > 0 && {
      tools: tools.map((tool) => ({ type: 'function', function: tool })),
      // Calls that were made before are understood only beside their tools: those are told to the end.
      tool_choice: typeof choice === 'string' ? choice : { type: 'function', function: choice },
      ...(parallel !== undefined && { parallel_tool_calls: parallel }),
    }),
  });
}

/** What the client asks of the model; of tokens no more than the configuration lets it have. */
function asked(
  parameters: ModelParameters,
  { limit, most = Number.POSITIVE_INFINITY }: { readonly limit: string; readonly most: number | undefined },
): object {
  const { max_tokens: wanted, ...rest } = modelParameters.encode(parameters);
  return wanted == null ? rest : { ...rest, [limit]: Math.min(wanted, most) };
}

function encodeMessage(message: ModelMessage): readonly object[] {
  switch (message.role) {
    case 'user':
      return [{ role: 'user', content: encodeContent(message) }];
    case 'assistant': {
      const calls = message.calls.map(({ id, name, arguments: text, own }) => ({
        ...own,
        id,
        type: 'function',
        function: { name, arguments: text },
      }));
      const content = message.text || null;
      return [{ ...message.own, role: 'assistant', content, ...(calls.length > 0 && { tool_calls: calls }) }];
    }
    case 'tools':
      return message.results.map(({ callId, content }) => ({ role: 'tool', tool_call_id: callId, content }));
    default:
      return message satisfies never;
  }
}

/** Many servers know text alone: parts are for messages that have images. */
function encodeContent({ text, images }: Extract<ModelMessage, { role: 'user' }>): string | readonly object[] {
  if (images.length === 0) return text;
  return [
    ...(text === '' ? [] : [{ type: 'text', text }]),
    ...images.map((url) => ({ type: 'image_url', image_url: { url } })),
  ];
}
