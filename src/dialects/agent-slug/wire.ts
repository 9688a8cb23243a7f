import type { WireRequest } from '../dialect.ts';

/** `POST /v1/api/chat/{slug}`. Source: seed; `async` and `x-user-identifier` from the vendor's newer pages. */
export interface ChatRequest extends WireRequest {
  readonly params: { readonly slug: string };
  readonly headers: { readonly 'x-user-identifier'?: string };
  readonly body: {
    readonly message: string;
    readonly stream?: boolean | null;
    readonly conversationId?: string | null;
    readonly async?: boolean | null;
  };
}

/** Source: seed. */
export interface ChatResponse {
  readonly data: {
    readonly response: string;
    readonly conversationId: string;
    readonly metadata: { readonly model: string; readonly tokens: number };
  };
  readonly error: null;
}

/** Source: seed. */
export interface ErrorBody {
  readonly data: null;
  readonly error: ErrorDescription;
}

export interface ErrorDescription {
  readonly name: string;
  readonly message: string;
  readonly details: object;
}

/** One stream message before `[DONE]`; one of both is there. Source: seed for `chunk`; the error frame is our choice. */
export interface StreamEvent {
  readonly chunk?: string;
  readonly error?: ErrorDescription | null;
}
