/** By dialect and manner of answering. */
export declare const speakers: Readonly<Record<string, unknown>>;
export declare const operator: {
  readonly headers: Readonly<Record<string, string>>;
  readonly conversations: string;
};
