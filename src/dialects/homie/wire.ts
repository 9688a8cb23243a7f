import type { WireRequest } from '../dialect.ts';

/** `POST /v1/chats`. Source: seed. */
export interface CreateChatRequest extends WireRequest {
  readonly body: { readonly chatbotId: string; readonly userId?: string | null };
}

/** Source: seed; that every field is there, from the vendor's reference. */
export interface Chat {
  readonly id: string;
  readonly chatbotId: string;
  readonly userId: string;
  readonly organizationId: string;
  readonly createdAt: string;
}

/** `POST /v1/chats/{chatId}/messages`. Source: seed; `store` from the vendor's reference. */
export interface AddMessageRequest extends WireRequest {
  readonly params: { readonly chatId: string };
  readonly query: { readonly store?: string };
  readonly body: { readonly message: string; readonly currentUrl: string };
}

/** What was said, by a visitor or to one. Source: seed; `suggestions` from the vendor's reference. */
export interface ChatMessage {
  readonly id: string;
  readonly chatId: string;
  /** `answer` is the seed's; `question` for the visitor and `system` are our choice. */
  readonly type: string;
  readonly content: string;
  readonly suggestions?: readonly string[];
  readonly products?: readonly Product[];
  readonly createdAt: string;
}

/** Source: the vendor's reference, which says `url`; the seed says `uri` for the same thing. */
export interface Product {
  readonly gtin?: string;
  readonly brand?: string;
  readonly designation?: string;
  readonly url?: string;
  readonly uri?: string;
  readonly image?: string;
  readonly price?: number;
  readonly priceInfo?: string;
  readonly currency?: string;
  readonly location?: readonly { readonly key: string; readonly value: string }[];
  readonly availability?: { readonly status?: string; readonly quantity?: number };
  readonly category?: string;
  readonly query?: string;
  readonly description?: string;
  readonly recommendationText?: string;
  readonly flags?: readonly { readonly type: string; readonly title: string; readonly text: string }[];
}

/** `GET /v1/chats/{chatId}/messages`. The parameters' names are our choice, after the page's own fields. */
export interface ListMessagesRequest extends WireRequest {
  readonly params: { readonly chatId: string };
  readonly query: { readonly page?: string; readonly size?: string; readonly limit?: string };
}

/** Source: the vendor's reference. */
export interface MessagePage {
  readonly items: readonly ChatMessage[];
  readonly totalItems: number;
  readonly size: number;
  readonly totalPages: number;
  readonly currentPage: number;
  readonly hasPrevPage: boolean;
  readonly hasNextPage: boolean;
  readonly prevPage: number | null;
  readonly nextPage: number | null;
}

/** `GET /v1/chats/{chatId}/events`. Source: seed. */
export interface EventsRequest extends WireRequest {
  readonly params: { readonly chatId: string };
  readonly query: { readonly lastEventId?: string };
  readonly headers: { readonly accept?: string; readonly 'last-event-id'?: string; readonly lasteventid?: string };
}

/** One message of the event stream. Source: the vendor's reference; what it stands for is our choice. */
export interface MessageEvent {
  readonly chatId: string;
  readonly eventId: string;
  readonly toolName: string;
  readonly content: string;
  readonly toolArgs?: object;
  readonly toolResponse?: { readonly products?: readonly Product[]; readonly suggestions?: readonly string[] };
  readonly status: 'inProgress' | 'completed' | 'failed';
}

/** Source: the framework that the vendor evidently uses. A list of sentences for a refused field, else one sentence. */
export interface ErrorBody {
  readonly message: string | readonly string[];
  readonly error?: string;
  readonly statusCode: number;
}
