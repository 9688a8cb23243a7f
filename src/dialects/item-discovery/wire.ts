import type { Json } from '../../canonical/index.ts';
import type { WireRequest } from '../dialect.ts';

/** `POST /v1/chat`. Source: seed; that null is as good as absent, from the framework. */
export interface ChatRequest extends WireRequest {
  readonly body: {
    readonly message: string;
    readonly conversation_id?: string | null;
    readonly session_id?: string | null;
    readonly user_id?: string | null;
    readonly events?: readonly ChatRequestEvent[] | null;
    readonly limit?: LaxInteger;
  };
}

/** Source: seed. */
export interface ChatRequestEvent {
  readonly timestamp: string;
  readonly type: string;
  readonly item_id?: string | null;
  readonly description?: string | null;
}

/** What the framework reads as a whole number: 3, "3", " 3.0 " and true are ones. */
export type LaxInteger = number | string | boolean;

/** Source: seed. */
export interface ChatResponse {
  readonly conversation_id: string;
  readonly message: string;
  readonly items: readonly ChatItem[];
}

/** Source: seed; that an unknown field is null, from the framework. `price` is decimal text. */
export interface ChatItem {
  readonly item_id: string;
  readonly title: string;
  readonly status: string;
  readonly description: string | null;
  readonly price: string | null;
}

/** What the framework says of one refused field. Keys come in this order. */
export interface Refusal {
  readonly type: string;
  readonly loc: readonly (string | number)[];
  readonly msg: string;
  readonly input: unknown;
  readonly ctx?: Readonly<Record<string, Json>>;
}

/** Source: the framework for `detail`; the vendor's overview page for `code` and `message`. */
export type ErrorBody =
  | { readonly detail: readonly Refusal[] | string }
  | { readonly code: string; readonly message: string };
