import type { Dialect } from '../dialects/dialect.ts';
import { endpoints } from './endpoints.ts';
import { errors } from './errors.ts';

/** The operators' API: a dialect of our own, whose JSON is the canonical model as it is. */
export const adminApi: Dialect = {
  name: 'admin',
  title: 'Dragoman operators’ API',
  prefixes: ['/admin/v1'],
  credential: { kind: 'admin-token', headers: ['authorization'] },
  conversationIds: 'uuid',
  unknownConversations: 'refuse',
  endpoints,
  errors,
};
