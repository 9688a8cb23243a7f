import type { WireRequest } from '../dialect.ts';

/** `POST /v1/chat/completions`. Source of this file: the vendor's API reference, *Chat*, *Models* and *Errors*. */
export interface ChatRequest extends WireRequest {
  readonly headers: { readonly 'x-conversation-id'?: string };
  readonly body: ChatBody;
}

export interface ChatBody {
  readonly model: string;
  readonly messages: readonly ChatMessage[];
  readonly stream?: boolean | null;
  /** The older word for `safety_identifier`. */
  readonly user?: string | null;
  readonly safety_identifier?: string | null;
  /** There are dozens, and more every year. */
  readonly [parameter: string]: unknown;
}

export interface ChatMessage {
  readonly role: 'system' | 'developer' | 'user' | 'assistant';
  readonly content?: string | readonly ContentPart[] | null;
}

export type ContentPart =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'refusal'; readonly refusal: string }
  | { readonly type: 'image_url'; readonly image_url: { readonly url: string } };

/** What servers of many makes have in common: fields beyond these come and go, and any of these may be `null`. */
export interface ChatCompletion {
  readonly id?: string;
  readonly created?: number | null;
  readonly model?: string | null;
  readonly choices: readonly Choice[];
  readonly usage?: TokenCount | null;
}

export interface Choice {
  readonly message: { readonly content?: string | null };
  readonly finish_reason?: string | null;
}

/** One stream message before `[DONE]`: a part of the answer, or what went wrong. */
export interface StreamEvent {
  readonly created?: number | null;
  readonly model?: string | null;
  readonly choices?: readonly ChunkChoice[];
  readonly usage?: TokenCount | null;
  readonly error?:
    | { readonly message?: string | null; readonly type?: unknown; readonly code?: unknown }
    | string
    | null;
}

export interface ChunkChoice {
  readonly index?: number;
  readonly delta?: { readonly content?: string | null } | null;
  readonly finish_reason?: string | null;
}

export interface TokenCount {
  readonly prompt_tokens?: number | null;
  readonly completion_tokens?: number | null;
  readonly total_tokens?: number | null;
}

export interface ErrorBody {
  readonly error: ErrorDescription;
}

export interface ErrorDescription {
  readonly message: string;
  readonly type: string;
  readonly param: string | null;
  readonly code: string | null;
}

/** `GET /v1/models/{model}` */
export interface ModelRequest extends WireRequest {
  readonly params: { readonly model: string };
}

/** `name` is our own, beside the vendor's fields. */
export interface Model {
  readonly id: string;
  readonly object: 'model';
  readonly created: number;
  readonly owned_by: string;
  readonly name?: string;
}

export interface ModelList {
  readonly object: 'list';
  readonly data: readonly Model[];
}
