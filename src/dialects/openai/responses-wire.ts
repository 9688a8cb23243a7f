import type { JsonObject } from '../../canonical/index.ts';
import type { WireRequest } from '../dialect.ts';

/** `POST /v1/responses`. Source of this file: the vendor's API reference, *Responses*. */
export interface ResponseRequest extends WireRequest {
  readonly body: ResponseBody;
}

export interface ResponseBody {
  readonly model: string;
  readonly input: string | readonly InputItem[];
  readonly instructions?: string | null;
  readonly previous_response_id?: string | null;
  readonly conversation?: string | { readonly id: string } | null;
  readonly store?: boolean | null;
  readonly stream?: boolean | null;
  /** The older word for `safety_identifier`. */
  readonly user?: string | null;
  readonly safety_identifier?: string | null;
  readonly tools?: readonly FunctionTool[] | null;
  readonly tool_choice?: 'auto' | 'none' | 'required' | { readonly type: 'function'; readonly name: string } | null;
  readonly parallel_tool_calls?: boolean | null;
  readonly temperature?: number | null;
  readonly top_p?: number | null;
  readonly max_output_tokens?: number | null;
  readonly reasoning?: { readonly effort?: string | null } | null;
  readonly text?: { readonly format?: TextFormat | null } | null;
  /** There are dozens, and more every year. */
  readonly [parameter: string]: unknown;
}

export interface FunctionTool {
  readonly type: 'function';
  readonly name: string;
  readonly description?: string | null;
  readonly parameters?: JsonObject | null;
  readonly strict?: boolean | null;
}

export type TextFormat =
  | { readonly type: 'text' }
  | { readonly type: 'json_object' }
  | {
      readonly type: 'json_schema';
      readonly name: string;
      readonly schema?: JsonObject | null;
      readonly description?: string | null;
      readonly strict?: boolean | null;
    };

export type InputItem =
  | InputMessage
  | FunctionCall
  | {
      readonly type: 'function_call_output';
      readonly call_id: string;
      readonly output: string | readonly InputPart[];
    }
  | { readonly type: 'item_reference'; readonly id: string }
  | { readonly type: 'reasoning' };

export interface InputMessage {
  readonly type?: 'message' | null;
  readonly role: 'user' | 'assistant' | 'system' | 'developer';
  readonly content: string | readonly InputPart[];
}

export interface FunctionCall {
  readonly type: 'function_call';
  readonly id?: string | null;
  readonly call_id: string;
  readonly name: string;
  readonly arguments: string;
}

export type InputPart =
  | { readonly type: 'input_text' | 'output_text'; readonly text: string }
  | { readonly type: 'refusal'; readonly refusal: string }
  | { readonly type: 'input_image'; readonly image_url: string };

/** What is read of an answer. */
export interface ResponseObject {
  readonly created_at?: number | null;
  readonly status?: string | null;
  readonly incomplete_details?: { readonly reason?: string | null } | null;
  readonly output: readonly OutputItem[];
  readonly usage?: ResponseUsage | null;
}

export type OutputItem =
  | { readonly type: 'message'; readonly content: readonly { readonly type: string; readonly text?: string }[] }
  | FunctionCall;

export interface ResponseUsage {
  readonly input_tokens?: number | null;
  readonly output_tokens?: number | null;
  readonly total_tokens?: number | null;
}
