import type { WireRequest } from '../dialect.ts';

/** Who asks, by either spelling, in the body or in the query. The site's key is the gateway's to read. */
export interface SessionFields {
  readonly session_id?: string;
  readonly sessionId?: string;
}

/** A `POST`. Source: seed for the snake_case names; the vendor's socket for the camelCase ones. */
export interface BodyRequest<Body extends object> extends WireRequest {
  readonly query: SessionFields & Readonly<Record<string, unknown>>;
  readonly body: SessionFields & Body;
}

/** A `GET`. Source: seed for what scopes it; the names are our choice, after those of the bodies. */
export interface QueryRequest<Query extends object> extends WireRequest {
  readonly query: SessionFields & Query & Readonly<Record<string, unknown>>;
}

/** `POST /api/v1/chat/stream`. Source: seed; the page's and the image's address are our choice. Null stands for absent. */
export type StreamRequest = BodyRequest<{
  readonly message: string;
  readonly lang?: string | null;
  readonly message_id?: string | null;
  readonly messageId?: string | null;
  readonly image_url?: string | null;
  readonly imageUrl?: string | null;
  readonly url?: string | null;
  readonly page_url?: string | null;
  readonly pageUrl?: string | null;
}>;

/** One message of the stream. Source: seed; `mode` and the error are our choice. */
export type StreamEvent =
  | { readonly type: 'chunk'; readonly content: string }
  | { readonly type: 'done'; readonly meta: { readonly conversation_id: number; readonly mode?: 'ai' | 'operator' } }
  | { readonly type: 'error'; readonly message: string };

/** `GET /api/v1/chat/history` */
export type HistoryRequest = QueryRequest<{ readonly limit?: string; readonly offset?: string }>;

/** `POST /api/v1/chat/email` and `…/contact`. An empty text stands for absent. */
export type ContactRequest = BodyRequest<{
  readonly email?: string | null;
  readonly phone?: string | null;
  readonly name?: string | null;
}>;

/** `GET /api/v1/chat/operator-messages`. Source: our choice for the cursors. */
export type InboxRequest = QueryRequest<{
  readonly after_id?: string;
  readonly afterId?: string;
  readonly last_id?: string;
  readonly lastId?: string;
  readonly since?: string;
}>;

/** `POST /api/v1/chat/upload-image`, as the gateway hands a multipart body over. */
export type UploadRequest = BodyRequest<{ readonly image: { readonly bytes: Uint8Array } }>;

/** `POST /api/v1/chat/rate` and `…/rate/comment` */
export type RateRequest = BodyRequest<{ readonly score: number }>;
export type CommentRequest = BodyRequest<{ readonly comment: string }>;

/** `POST /api/v1/proactive/event`. Source: vendor's nudge page. */
export type NudgeEventRequest = BodyRequest<{
  readonly event: 'shown' | 'clicked' | 'dismissed';
  readonly rule_path?: string | null;
  readonly rulePath?: string | null;
}>;

/** Source: vendor's conversations page for the fields and `visitor`; the other roles and `image_url` are our choice. */
export interface WidgetMessage {
  readonly id: number;
  readonly role: 'visitor' | 'assistant' | 'operator';
  readonly content: string;
  readonly created_at: string;
  readonly image_url?: string;
}

export interface Success {
  readonly success: true;
}

export interface Acknowledgement extends Success {
  readonly message: 'Email saved' | 'Contact saved';
}

export interface MessageList extends Success {
  readonly messages: readonly WidgetMessage[];
}

export interface Inbox extends MessageList {
  readonly mode: 'ai' | 'operator';
}

export interface BlockStatus extends Success {
  readonly blocked: boolean;
}

export interface Upload extends Success {
  readonly url: string;
}

/** Source: vendor's page on responses; `retry_after` (seconds) and `blocked_until` come with 429. */
export interface ErrorBody {
  readonly success: false;
  readonly error: string;
  readonly errors?: Readonly<Record<string, string>>;
  readonly retry_after?: number;
  readonly blocked_until?: string;
}
