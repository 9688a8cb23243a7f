import type { JsonObject, Timestamp } from '../../canonical/index.ts';
import { timestamp } from './values.ts';

/** Our choice: the vendor says that there are specific error codes, and names none. */
export type SocketErrorCode =
  | 'AUTHENTICATION_FAILED'
  | 'CHAT_NOT_FOUND'
  | 'INVALID_MESSAGE'
  | 'RATE_LIMITED'
  | 'UPSTREAM_ERROR'
  | 'INTERNAL_ERROR';

interface Stamped<T extends string> {
  readonly event_type: T;
  readonly timestamp: string;
}

interface OfMessage {
  readonly message_id: string;
  readonly chat_id: string;
}

/**
 * A frame to the client. Source: vendor's WebSocket page for the event types and the fields of the first three; the fields of
 * the others are our choice. `content` of a token and `code` of an error are aliases of the field before them.
 */
export type Frame =
  | (Stamped<'connection_established'> & {
      readonly user_id: string;
      readonly chat_id: string;
      readonly tenant_id: string;
    })
  | (Stamped<'user_created'> & { readonly user_id: string })
  | (Stamped<'message_received'> & OfMessage & { readonly user_id: string; readonly content: string })
  | (Stamped<'message_stream_started'> & OfMessage)
  | (Stamped<'message_stream_token'> & OfMessage & { readonly token: string; readonly content: string })
  | (Stamped<'message_stream_ended'> & OfMessage & { readonly content: string; readonly metadata?: JsonObject })
  | (Stamped<'error'> & {
      readonly error_code: SocketErrorCode;
      readonly code: SocketErrorCode;
      readonly message: string;
      readonly chat_id: string | null;
      /** The reply that broke off, where the error is about one. */
      readonly message_id?: string;
    });

/** A frame's fields behind its type and its time, in this order on the wire. */
export function stamp<const T extends Frame['event_type'], F extends object>(
  eventType: T,
  at: Timestamp,
  fields: F,
): Stamped<T> & F {
  return { event_type: eventType, timestamp: timestamp.encode(at), ...fields };
}
