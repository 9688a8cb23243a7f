import type { JsonObject } from '../../canonical/index.ts';
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
  readonly tools?: readonly WireTool[] | null;
  readonly tool_choice?: 'auto' | 'none' | 'required' | NamedTool | null;
  readonly parallel_tool_calls?: boolean | null;
  readonly temperature?: number | null;
  readonly top_p?: number | null;
  /** The older word for `max_completion_tokens`. */
  readonly max_tokens?: number | null;
  readonly max_completion_tokens?: number | null;
  readonly stop?: string | readonly string[] | null;
  readonly seed?: number | null;
  readonly reasoning_effort?: string | null;
  readonly response_format?: ResponseFormat | null;
  /** There are dozens, and more every year. */
  readonly [parameter: string]: unknown;
}

export interface WireTool {
  readonly type: 'function';
  readonly function: {
    readonly name: string;
    readonly description?: string | null;
    readonly parameters?: JsonObject | null;
    readonly strict?: boolean | null;
  };
}

export interface NamedTool {
  readonly type: 'function';
  readonly function: { readonly name: string };
}

/** A call, or in a stream a piece of one. */
export interface WireToolCall {
  readonly index?: number;
  readonly id?: string | null;
  readonly type?: string | null;
  readonly function: { readonly name?: string | null; readonly arguments?: string | null };
}

export type ResponseFormat =
  | { readonly type: 'text' }
  | { readonly type: 'json_object' }
  | {
      readonly type: 'json_schema';
      readonly json_schema: {
        readonly name: string;
        readonly schema?: JsonObject | null;
        readonly description?: string | null;
        readonly strict?: boolean | null;
      };
    };

export interface ChatMessage {
  readonly role: 'system' | 'developer' | 'user' | 'assistant' | 'tool' | 'function';
  readonly content?: string | readonly ContentPart[] | null;
  /** Of an assistant. */
  readonly tool_calls?: readonly WireToolCall[] | null;
  /** Of a tool. */
  readonly tool_call_id?: string | null;
  /** Of a function. */
  readonly name?: string | null;
}

/** Those that say something; what else clients send in earlier messages is passed over. */
export type ContentPart =
  | { readonly type: 'text' | 'input_text' | 'output_text'; readonly text: string }
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
  readonly message: { readonly content?: string | null; readonly tool_calls?: readonly WireToolCall[] | null };
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
