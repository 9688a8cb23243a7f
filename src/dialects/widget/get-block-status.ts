import type { OutputOf } from '../../canonical/index.ts';
import { type Codec, defineEndpoint, type WireResponse } from '../dialect.ts';
import { type SessionQuery, sessionQuery, succeed } from './session.ts';
import type { BlockStatus } from './wire.ts';

const response: Codec<WireResponse<BlockStatus>, OutputOf<'get-block-status'>> = {
  decode: ({ body }) => ({ blocked: body.blocked }),
  encode: ({ blocked }) => succeed({ blocked }),
};

export const getBlockStatus = defineEndpoint<'get-block-status', SessionQuery, BlockStatus>({
  operation: 'get-block-status',
  optional: true,
  method: 'GET',
  paths: ['/api/v1/chat/block-status'],
  schema: { request: 'widget/get-block-status.request.json', response: 'widget/get-block-status.response.json' },
  carries: ['participant', 'output.blocked'],
  request: sessionQuery,
  response,
});
