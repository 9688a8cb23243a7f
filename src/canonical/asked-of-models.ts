import type { JsonObject } from './model.ts';

/** A model's wish to have a tool run. `arguments` is JSON text as the model wrote it, or what the model takes for it. */
export interface ToolCall {
  readonly id: string;
  readonly name: string;
  readonly arguments: string;
}

/** A tool that the client runs. `parameters` is the JSON Schema of its arguments. */
export interface ClientTool {
  readonly name: string;
  readonly description?: string;
  readonly parameters?: JsonObject;
  /** Whether the arguments must hold the schema to the letter. */
  readonly strict?: boolean;
}

/** The tools that a client brings with a turn, and whether one of them has to be called: any, or the one that is named. */
export interface ClientTools {
  readonly offered: readonly ClientTool[];
  readonly choice: 'auto' | 'none' | 'required' | { readonly name: string };
  /** Whether several may be called at once; absent: as the model does. */
  readonly parallel?: boolean;
}

/** What a client asks of the model that answers, whatever the model is. */
export interface ModelParameters {
  readonly temperature?: number;
  readonly topP?: number;
  readonly maxTokens?: number;
  readonly stop?: readonly string[];
  readonly seed?: number;
  readonly reasoningEffort?: string;
  /** The form that the answer has to have: any JSON, or JSON by a schema. */
  readonly responseFormat?:
    | { readonly type: 'json' }
    | {
        readonly type: 'json-schema';
        readonly name: string;
        readonly schema?: JsonObject;
        readonly description?: string;
        readonly strict?: boolean;
      };
}

/** What who answers can use of that; `jsonSchema` is a form of the answer by its schema, and no other. */
export type Takable = keyof ModelParameters | 'jsonSchema';

/** What a client may ask of a model, by name. */
export type Demand = keyof ModelParameters | 'tools' | 'toolChoice';

/** What who called a client's tools wants to hear again beside their results, in its own form: kept with the reply, and told to nobody. */
export type Workings = JsonObject;
