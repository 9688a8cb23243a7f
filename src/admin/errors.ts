import type { Codec, WireResponse } from '../dialects/dialect.ts';
import { decodeUpstreamStatus } from '../dialects/upstream-status.ts';
import type { GatewayError } from '../errors/index.ts';

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
