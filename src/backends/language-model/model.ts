import type { ClientTools, FinishReason, ModelParameters, Turn, Usage } from '../../canonical/index.ts';
import type { Trace } from '../../observability/trace.ts';

/** A tool as it is told to a model. */
export interface Tool {
  readonly name: string;
  readonly description?: string;
  /** JSON Schema of its arguments. */
  readonly parameters?: Readonly<Record<string, unknown>>;
  /** Whether the arguments must hold the schema to the letter. */
  readonly strict?: boolean;
}

/** A model's wish to have a tool run. */
export interface ToolCall {
  readonly id: string;
  readonly name: string;
  /** JSON text as the model wrote it, or what the model takes for it. */
  readonly arguments: string;
  /** What the vendor says of it beside that, as it is to be repeated. */
  readonly own?: object;
}

export interface ToolResult {
  readonly callId: string;
  readonly content: string;
  readonly failed: boolean;
}

/** What a model is told was said. Two neighbours never have the same role, and the results of calls follow the answer that makes them. */
export type ModelMessage =
  | { readonly role: 'user'; readonly text: string; readonly images: readonly string[] }
  | { readonly role: 'assistant'; readonly text: string; readonly calls: readonly ToolCall[]; readonly own?: object }
  | { readonly role: 'tools'; readonly results: readonly ToolResult[] };

export interface ModelRequest {
  /** Empty if there is nothing to tell. */
  readonly system: string;
  readonly messages: readonly ModelMessage[];
  readonly delivery: Turn['delivery'];
  /** What the client asks of the model, where the vendor's wire has a place for it. */
  readonly parameters?: ModelParameters;
  readonly tools: readonly Tool[];
  /** Whether a tool may be called now, or has to be. */
  readonly choice: ClientTools['choice'];
  /** Whether several may be called at once; absent: as the model does. */
  readonly parallel?: boolean;
}

/** What a model says: text as it comes, then whole calls, then one end. A batch without any is a sign of life. */
export type ModelEvent =
  | { readonly type: 'text-delta'; readonly text: string }
  | { readonly type: 'tool-call'; readonly call: ToolCall }
  | {
      readonly type: 'model-end';
      readonly finishReason: FinishReason;
      readonly model?: string;
      readonly usage?: Usage;
      /** What the vendor wants to hear again with the calls of this answer, in its own form. */
      readonly own?: object;
    };

/** A vendor's model. */
export interface LanguageModel {
  /**
   * Asks once. A batch a read, as they come. Throws the gateway's errors for what the vendor refuses, fails at or breaks off, and
   * the signal's reason.
   */
  ask(request: ModelRequest, signal: AbortSignal, trace?: Trace): AsyncIterable<readonly ModelEvent[]>;
  /** What its server was found out not to take of the usual request. */
  quirks(): readonly string[];
  close(): Promise<void>;
}
