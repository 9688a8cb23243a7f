/** What all lists carry. */
export const ofPage = ['output.entries', 'output.total', 'output.offset', 'output.limit'] as const;

/** A conversation, whole. */
export const ofConversationOutput = [
  'output.id',
  'output.tenantId',
  'output.agentId',
  'output.site',
  'output.participant',
  'output.signedUser',
  'output.title',
  'output.metadata',
  'output.mode',
  'output.status',
  'output.blocked',
  'output.contact',
  'output.rating',
  'output.createdAt',
  'output.updatedAt',
  'output.lastMessageAt',
  'output.messageCount',
  'output.publicIds',
  'output.remoteIds',
  'output.collectedSequence',
] as const;

/** A message, whole. */
export const ofMessageOutput = [
  'output.id',
  'output.conversationId',
  'output.sequence',
  'output.role',
  'output.text',
  'output.items',
  'output.suggestions',
  'output.attachments',
  'output.createdAt',
  'output.status',
  'output.finishReason',
  'output.failure',
  'output.author',
  'output.clientMessageId',
  'output.model',
  'output.usage',
  'output.metadata',
] as const;
