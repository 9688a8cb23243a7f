import type { Dialect } from '../dialect.ts';
import { errors } from './errors.ts';
import { sendMessage } from './send-message.ts';

/** Source: `seeds/001`, and the vendor's overview and authentication pages for paths, keys and errors. */
export const itemDiscovery: Dialect = {
  name: 'item-discovery',
  title: 'Sequen item discovery, Chat API',
  prefixes: ['/chat', '/v1/chat'],
  credential: { kind: 'key', headers: ['authorization', 'x-api-key'] },
  conversationIds: 'text',
  unknownConversations: 'begin',
  endpoints: [sendMessage],
  errors,
};
