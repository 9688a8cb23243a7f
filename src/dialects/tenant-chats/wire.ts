import type { JsonObject } from '../../canonical/index.ts';
import type { WireRequest } from '../dialect.ts';

/** As a create call answers it. Source: seed. */
export interface Chat {
  readonly id: string;
  readonly user_id: string;
  readonly tenant_id: string;
  readonly title: string;
  readonly config: { readonly metadata: JsonObject };
  readonly created_at: string;
  readonly updated_at: string;
  readonly last_message_at: string | null;
}

/** As lists show it. Source: vendor's list page. */
export interface CountedChat extends Chat {
  readonly message_count: number;
}

/** As it is shown by itself; `status` is `active`, `closed` or a word of the vendor's own. Source: vendor's get page. */
export interface SingleChat extends CountedChat {
  readonly status: string;
}

/** Source: vendor's message page. `id` is `msg-` and a UUID. */
export interface ChatMessage {
  readonly id: string;
  readonly content: string;
  readonly sender_role: 'user' | 'assistant';
  readonly media_type: string | null;
  readonly media_url: string | null;
  readonly created_at: string;
  readonly metadata: JsonObject;
}

/** What every list says of itself. Source: vendor's list pages. */
export interface ListFacts {
  readonly total: number;
  readonly offset: number;
  readonly limit: number;
  readonly has_more: boolean;
}

/** Query values are text. */
export interface PageQuery {
  readonly offset?: string;
  readonly limit?: string;
  readonly order?: 'asc' | 'desc';
}

/** `POST /api/v1/chats/`. Source: seed; null stands for absent. */
export interface CreateRequest extends WireRequest {
  readonly body: {
    readonly user_id: string;
    readonly title?: string | null;
    readonly metadata?: JsonObject | null;
  };
}

/** `GET /api/v1/chats/user/{user_id}` */
export interface ListRequest extends WireRequest {
  readonly params: { readonly user_id: string };
  readonly query: PageQuery & Readonly<Record<string, unknown>>;
}

export interface ChatList extends ListFacts {
  readonly chats: readonly CountedChat[];
}

/** `GET` and `DELETE /api/v1/chats/{chat_id}` */
export interface ChatRequest extends WireRequest {
  readonly params: { readonly chat_id: string };
}

/** `GET /api/v1/chats/{chat_id}/messages` */
export interface MessagesRequest extends ChatRequest {
  readonly query: PageQuery & Readonly<Record<string, unknown>>;
}

export interface MessageList extends ListFacts {
  readonly messages: readonly ChatMessage[];
}

/** Source: vendor's delete page. */
export interface Deletion {
  readonly success: true;
  readonly message: 'Chat deleted successfully';
  readonly deleted_at: string;
}

/** Source: the framework that the vendor evidently uses, whose own refusals have a list here. */
export interface ErrorBody {
  readonly detail: string | readonly unknown[];
}

/** The handshake of `/ws/chat`: each fact in the query or in a header. Source: vendor's WebSocket page. */
export interface SocketRequest extends WireRequest {
  readonly query: { readonly user_id?: string; readonly chat_id?: string } & Readonly<Record<string, unknown>>;
  readonly headers: { readonly 'x-user-id'?: string; readonly 'x-chat-id'?: string };
}

/** A frame from the client; one without `content` asks nothing. Source: vendor's WebSocket page; `type` is our choice. */
export interface InboundFrame {
  readonly content?: string;
  readonly metadata?: JsonObject | null;
  readonly type?: unknown;
}
