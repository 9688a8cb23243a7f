import type { InputOf, OutputOf } from '../../canonical/index.ts';
import { type Codec, defineEndpoint, type WireResponse } from '../dialect.ts';
import { session, succeed, tell } from './session.ts';
import type { CommentRequest, RateRequest, Success } from './wire.ts';

const scoreRequest: Codec<RateRequest, InputOf<'rate-conversation'>> = {
  decode: ({ query, body }) => ({ participant: session.decode(body, query), score: body.score }),
  encode: ({ participant, score = 0 }) => tell({ ...session.encode(participant), score }),
};

const commentRequest: Codec<CommentRequest, InputOf<'rate-conversation'>> = {
  decode: ({ query, body }) => ({ participant: session.decode(body, query), comment: body.comment }),
  encode: ({ participant, comment = '' }) => tell({ ...session.encode(participant), comment }),
};

const response: Codec<WireResponse<Success>, OutputOf<'rate-conversation'>> = {
  decode: () => ({}), // the answer does not repeat the rating
  encode: () => succeed({}),
};

export const rateConversation = defineEndpoint<'rate-conversation', RateRequest, Success>({
  operation: 'rate-conversation',
  optional: true,
  method: 'POST',
  paths: ['/api/v1/chat/rate'],
  schema: { request: 'widget/rate-conversation.request.json', response: 'widget/rate-conversation.response.json' },
  carries: ['participant', 'score'],
  says: ({ score }) => score !== undefined,
  request: scoreRequest,
  response,
});

export const commentRating = defineEndpoint<'rate-conversation', CommentRequest, Success>({
  operation: 'rate-conversation',
  optional: true,
  method: 'POST',
  paths: ['/api/v1/chat/rate/comment'],
  schema: { request: 'widget/rate-comment.request.json', response: 'widget/rate-comment.response.json' },
  carries: ['participant', 'comment'],
  says: ({ comment }) => comment !== undefined,
  request: commentRequest,
  response,
});
