import type { OpenaiBackendSettings } from '../../config/index.ts';
import type { VendorProtocol } from '../language-model/index.ts';
import { createDecoder, decodeDocument } from './answer.ts';
import { quirks } from './quirks.ts';
import { createRequestEncoder } from './request.ts';

/** Chat completions, as the vendor and many other servers speak them. Source: the vendor's API reference. */
export function openaiProtocol(settings: OpenaiBackendSettings): VendorProtocol {
  return {
    path: '/chat/completions',
    headers: settings.apiKey === undefined ? {} : { authorization: `Bearer ${settings.apiKey}` },
    encode: createRequestEncoder(settings),
    takes: new Set(['temperature', 'topP', 'maxTokens', 'stop', 'seed', 'reasoningEffort', 'responseFormat']),
    decodeDocument,
    createDecoder,
    ...quirks,
  };
}
