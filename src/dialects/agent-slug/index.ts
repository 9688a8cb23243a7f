import type { Dialect } from '../dialect.ts';
import { errors } from './errors.ts';
import { sendMessage } from './send-message.ts';

/** Source: `seeds/002`, and the vendor's overview page for keys and rate-limit headers. */
export const agentSlug: Dialect = {
  name: 'agent-slug',
  title: 'fifthelement.ai agent platform, Chat API',
  prefixes: ['/v1/api'],
  credential: { kind: 'key', headers: ['authorization'] },
  conversationIds: 'prefixed',
  unknownConversations: 'begin',
  endpoints: [sendMessage],
  errors,
  quotaHeaders: ({ limit, remaining, resetsAt }) => ({
    'X-RateLimit-Limit': String(limit),
    'X-RateLimit-Remaining': String(remaining),
    'X-RateLimit-Reset': String(resetsAt),
  }),
};
