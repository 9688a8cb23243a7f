import type { OpenaiBackendSettings } from '../../config/index.ts';
import type { VendorProtocol } from '../language-model/index.ts';
import { createDecoder, decodeDocument } from './answer.ts';
import { quirks } from './quirks.ts';
import { createRequestEncoder } from './request.ts';

/** What the server is told in another way than usual, by who says the rules there. */
const ofRole = { system: [], developer: ['system-as-developer'], user: ['system-as-user'] } as const;

/** Chat completions, as the vendor and many other servers speak them. Source: the vendor's API reference. */
export function openaiProtocol(settings: OpenaiBackendSettings): VendorProtocol {
  return {
    path: '/chat/completions',
    headers: {},
    authorise: (key) => ({ authorization: `Bearer ${key}` }),
    ...(settings.systemRole && { told: ofRole[settings.systemRole] }),
    encode: createRequestEncoder(settings),
    takes: new Set(['temperature', 'topP', 'maxTokens', 'stop', 'seed', 'reasoningEffort', 'responseFormat']),
    decodeDocument,
    createDecoder,
    ...quirks,
  };
}
