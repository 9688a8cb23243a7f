import type { AnthropicBackendSettings } from '../../config/index.ts';
import { createQuirks, noTemperature, type VendorProtocol } from '../language-model/index.ts';
import { createDecoder, decodeDocument } from './answer.ts';
import { createRequestEncoder } from './request.ts';

/** Its newer models take one of the first two, or none; its older ones know of no effort. */
const quirks = createQuirks([noTemperature], {
  maxTokens: /max_tokens.*(?:maximum|exceed|too large)/is,
  topP: /top_p/i,
  temperature: /temperature/i,
  reasoningEffort: /effort|output_config(?!\.format)/i,
});

/** Messages, as the vendor speaks them. Source: the vendor's API reference. */
export function anthropicProtocol(settings: AnthropicBackendSettings): VendorProtocol {
  return {
    path: '/v1/messages',
    headers: { 'anthropic-version': '2023-06-01' },
    authorise: (key) => ({ 'x-api-key': key }),
    encode: createRequestEncoder(settings),
    takes: new Set(['temperature', 'topP', 'maxTokens', 'stop', 'reasoningEffort', 'jsonSchema']),
    decodeDocument,
    createDecoder,
    ...quirks,
  };
}
