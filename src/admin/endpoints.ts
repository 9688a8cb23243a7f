import { defined, type InputOf, type OutputOf } from '../canonical/index.ts';
import { type AnyEndpoint, defineEndpoint, type WireRequest } from '../dialects/dialect.ts';
import { ofConversationOutput, ofMessageOutput, ofPage } from './carries.ts';
import { asItIs, noBody, type PageQuery, page } from './codecs.ts';
import { migrationEndpoints } from './migration-endpoints.ts';

interface ConversationRequest extends WireRequest {
  readonly params: { readonly conversation_id: string };
}
interface SessionRequest extends WireRequest {
  readonly params: { readonly site: string; readonly session_id: string };
}

const ofConversation = ({ conversationId }: { readonly conversationId: string }) => ({
  conversation_id: conversationId,
});
const ofSession = ({ site, sessionId }: { readonly site: string; readonly sessionId: string }) => ({
  site,
  session_id: sessionId,
});

const reportLoss = defineEndpoint<'report-loss', WireRequest, OutputOf<'report-loss'>>({
  operation: 'report-loss',
  method: 'GET',
  paths: ['/admin/v1/loss'],
  schema: { request: 'admin/report-loss.request.json', response: 'admin/report-loss.response.json' },
  carries: ['output.pairs'],
  request: { decode: () => ({}), encode: () => ({ ...noBody, params: {} }) },
  response: asItIs(200),
});

const listBackends = defineEndpoint<'list-backends', WireRequest, OutputOf<'list-backends'>>({
  operation: 'list-backends',
  method: 'GET',
  paths: ['/admin/v1/backends'],
  schema: { request: 'admin/list-backends.request.json', response: 'admin/list-backends.response.json' },
  carries: ['output.backends'],
  request: { decode: () => ({}), encode: () => ({ ...noBody, params: {} }) },
  response: asItIs(200),
});

const makeBackup = defineEndpoint<'make-backup', WireRequest, OutputOf<'make-backup'>>({
  operation: 'make-backup',
  method: 'POST',
  status: 201,
  paths: ['/admin/v1/backups'],
  schema: { request: 'admin/make-backup.request.json', response: 'admin/make-backup.response.json' },
  carries: ['output.name', 'output.bytes', 'output.images'],
  request: { decode: () => ({}), encode: () => ({ ...noBody, params: {} }) },
  response: asItIs(201),
});

const readAudit = defineEndpoint<
  'read-audit',
  WireRequest & { readonly query: { readonly after?: string; readonly limit?: string } },
  OutputOf<'read-audit'>
>({
  operation: 'read-audit',
  method: 'GET',
  paths: ['/admin/v1/audit'],
  schema: { request: 'admin/read-audit.request.json', response: 'admin/read-audit.response.json' },
  carries: ['after', 'limit', 'output.entries', 'output.next'],
  request: {
    decode: ({ query: { after, limit = '50' } }) => defined({ after, limit: Number(limit) }),
    encode: ({ after, limit }) => ({ ...noBody, params: {}, query: defined({ after, limit: String(limit) }) }),
  },
  response: asItIs(200),
});

const surveyConversations = defineEndpoint<
  'survey-conversations',
  WireRequest & { readonly params: { readonly tenant_id: string }; readonly query: PageQuery },
  OutputOf<'survey-conversations'>
>({
  operation: 'survey-conversations',
  method: 'GET',
  paths: ['/admin/v1/tenants/:tenant_id/conversations'],
  schema: { request: 'admin/survey-conversations.request.json', response: 'admin/conversation-page.json' },
  carries: ['tenantId', 'page', ...ofPage],
  request: {
    decode: ({ params, query }) => ({ tenantId: params.tenant_id, page: page.decode(query) }),
    encode: (input) => ({ ...noBody, params: { tenant_id: input.tenantId }, query: { ...page.encode(input.page) } }),
  },
  response: asItIs(200),
});

const inspectConversation = defineEndpoint<
  'inspect-conversation',
  ConversationRequest,
  OutputOf<'inspect-conversation'>
>({
  operation: 'inspect-conversation',
  method: 'GET',
  paths: ['/admin/v1/conversations/:conversation_id'],
  schema: { request: 'admin/conversation.request.json', response: 'canonical/conversation.json' },
  carries: ['conversationId', ...ofConversationOutput],
  request: {
    decode: ({ params }) => ({ conversationId: params.conversation_id }),
    encode: (input) => ({ ...noBody, params: ofConversation(input) }),
  },
  response: asItIs(200),
});

const changeConversation = defineEndpoint<
  'change-conversation',
  ConversationRequest & { readonly body: Omit<InputOf<'change-conversation'>, 'conversationId'> },
  OutputOf<'change-conversation'>
>({
  operation: 'change-conversation',
  method: 'PATCH',
  paths: ['/admin/v1/conversations/:conversation_id'],
  schema: { request: 'admin/change-conversation.request.json', response: 'canonical/conversation.json' },
  carries: ['conversationId', 'mode', 'blocked', 'status', ...ofConversationOutput],
  request: {
    decode: ({ params, body: { mode, blocked, status } }) =>
      defined({ conversationId: params.conversation_id, mode, blocked, status }),
    encode: ({ mode, blocked, status, ...input }) => ({
      ...noBody,
      params: ofConversation(input),
      body: defined({ mode, blocked, status }),
    }),
  },
  response: asItIs(200),
});

const readTranscript = defineEndpoint<
  'read-transcript',
  ConversationRequest & { readonly query: PageQuery },
  OutputOf<'read-transcript'>
>({
  operation: 'read-transcript',
  method: 'GET',
  paths: ['/admin/v1/conversations/:conversation_id/messages'],
  schema: { request: 'admin/read-transcript.request.json', response: 'admin/message-page.json' },
  carries: ['conversationId', 'page', ...ofPage],
  request: {
    decode: ({ params, query }) => ({ conversationId: params.conversation_id, page: page.decode(query) }),
    encode: (input) => ({ ...noBody, params: ofConversation(input), query: { ...page.encode(input.page) } }),
  },
  response: asItIs(200),
});

const writeOperatorMessage = defineEndpoint<
  'write-operator-message',
  ConversationRequest & {
    readonly body: { readonly text: string; readonly imageUrl?: string; readonly author?: string };
  },
  OutputOf<'write-operator-message'>
>({
  operation: 'write-operator-message',
  method: 'POST',
  status: 201,
  paths: ['/admin/v1/conversations/:conversation_id/messages'],
  schema: { request: 'admin/write-operator-message.request.json', response: 'canonical/message.json' },
  carries: ['conversationId', 'text', 'attachments', 'author', ...ofMessageOutput],
  request: {
    decode: ({ params, body: { text, imageUrl, author } }) =>
      defined({
        conversationId: params.conversation_id,
        text,
        attachments: imageUrl === undefined ? [] : [{ kind: 'image' as const, url: imageUrl }],
        author: author === undefined ? undefined : { userId: author },
      }),
    encode: ({ text, attachments, author, ...input }) => ({
      ...noBody,
      params: ofConversation(input),
      body: defined({ text, imageUrl: attachments[0]?.url, author: author?.userId }),
    }),
  },
  response: asItIs(201),
});

const findSession = defineEndpoint<'find-session', SessionRequest, OutputOf<'find-session'>>({
  operation: 'find-session',
  method: 'GET',
  paths: ['/admin/v1/sites/:site/sessions/:session_id'],
  schema: { request: 'admin/session.request.json', response: 'canonical/conversation.json' },
  carries: ['site', 'sessionId', ...ofConversationOutput],
  request: {
    decode: ({ params }) => ({ site: params.site, sessionId: params.session_id }),
    encode: (input) => ({ ...noBody, params: ofSession(input) }),
  },
  response: asItIs(200),
});

const offerNudge = defineEndpoint<
  'offer-nudge',
  SessionRequest & { readonly body: { readonly text: string } },
  OutputOf<'offer-nudge'>
>({
  operation: 'offer-nudge',
  method: 'POST',
  status: 201,
  paths: ['/admin/v1/sites/:site/sessions/:session_id/nudges'],
  schema: { request: 'admin/offer-nudge.request.json', response: 'admin/nudge.json' },
  carries: ['site', 'sessionId', 'text', 'output.id', 'output.text', 'output.createdAt'],
  request: {
    decode: ({ params, body }) => ({ site: params.site, sessionId: params.session_id, text: body.text }),
    encode: (input) => ({ ...noBody, params: ofSession(input), body: { text: input.text } }),
  },
  response: asItIs(201),
});

export const endpoints: readonly AnyEndpoint[] = [
  surveyConversations,
  inspectConversation,
  changeConversation,
  readTranscript,
  writeOperatorMessage,
  findSession,
  offerNudge,
  reportLoss,
  listBackends,
  makeBackup,
  readAudit,
  ...migrationEndpoints,
];
