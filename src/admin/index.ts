import type { Codec, Dialect, WireResponse } from '../dialects/dialect.ts';
import { decodeUpstreamStatus } from '../dialects/upstream-status.ts';
import type { GatewayError } from '../errors/index.ts';
import { endpoints } from './endpoints.ts';

interface ErrorBody {
  readonly error: {
    readonly code: string;
    readonly message: string;
    readonly violations?: readonly { readonly path: string; readonly message: string }[];
  };
}

/** The gateway's own error body: its codes as they are. */
export const errors: Codec<WireResponse, GatewayError> & { readonly schema: string } = {
  schema: 'admin/error.json',
  encode({ code, publicMessage, traits, details: { violations = [] } }) {
    const told = violations.map(({ path, message }) => ({ path: path.join('.'), message }));
    const error = { code, message: publicMessage, ...(told.length > 0 && { violations: told }) };
    return { status: traits.status, headers: {}, body: { error } satisfies ErrorBody };
  },
  decode(response) {
    const { error } = response.body as ErrorBody; // the caller has put it through `schema`
    return decodeUpstreamStatus(response, `${error.code}: ${error.message}`);
  },
};

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
