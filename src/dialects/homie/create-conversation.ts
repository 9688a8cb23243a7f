import { type Conversation, defined, type InputOf, isUuid, type Participant } from '../../canonical/index.ts';
import { type Codec, defineEndpoint, type WireResponse } from '../dialect.ts';
import { timestamp } from './values.ts';
import type { Chat, CreateChatRequest } from './wire.ts';

const request: Codec<CreateChatRequest, InputOf<'create-conversation'>> = {
  decode: ({ body }) => ({
    participant: defined({ userId: body.userId ?? undefined }),
    agent: body.chatbotId,
    metadata: {},
  }),
  encode: ({ participant, agent }) => ({
    params: {},
    query: {},
    headers: {},
    body: defined({ chatbotId: agent ?? '', userId: userIdOf(participant) }),
  }),
};

/** Users are UUIDs on this wire. Of one who is known by another name it is not told: it gets a name there. Our choice. */
function userIdOf({ userId }: Participant): string | undefined {
  return userId !== undefined && isUuid(userId.toLowerCase()) ? userId : undefined;
}

const response: Codec<WireResponse<Chat>, Conversation> = {
  decode: ({ body }) => ({
    id: body.id,
    tenantId: body.organizationId,
    agentId: body.chatbotId,
    participant: { userId: body.userId },
    metadata: {},
    mode: 'ai',
    status: 'active',
    blocked: false,
    createdAt: timestamp.decode(body.createdAt),
    updatedAt: timestamp.decode(body.createdAt),
    messageCount: 0,
    publicIds: {},
    remoteIds: {},
    collectedSequence: 0,
  }),
  encode: ({ id, agentId, participant, tenantId, createdAt }) => ({
    status: 201,
    headers: {},
    body: {
      id,
      chatbotId: agentId,
      userId: participant.userId ?? '',
      organizationId: tenantId,
      createdAt: timestamp.encode(createdAt),
    },
  }),
};

export const createConversation = defineEndpoint<'create-conversation', CreateChatRequest, Chat>({
  operation: 'create-conversation',
  method: 'POST',
  status: 201,
  paths: ['/v1/chats'],
  schema: {
    request: 'homie/create-conversation.request.json',
    response: 'homie/create-conversation.response.json',
  },
  carries: [
    'participant',
    'agent',
    'output.id',
    'output.tenantId',
    'output.agentId',
    'output.participant',
    'output.createdAt',
  ],
  request,
  response,
});
