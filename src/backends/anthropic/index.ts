import type { AnthropicBackendSettings } from '../../config/index.ts';
import type { VendorProtocol } from '../language-model/index.ts';
import { createDecoder, decodeDocument } from './answer.ts';
import { createRequestEncoder } from './request.ts';

/** Messages, as the vendor speaks them. Source: the vendor's API reference. */
export function anthropicProtocol(settings: AnthropicBackendSettings): VendorProtocol {
  return {
    path: '/v1/messages',
    headers: {
      'anthropic-version': '2023-06-01',
      ...(settings.apiKey !== undefined && { 'x-api-key': settings.apiKey }),
    },
    encode: createRequestEncoder(settings),
    takesParameters: false,
    decodeDocument,
    createDecoder,
  };
}
