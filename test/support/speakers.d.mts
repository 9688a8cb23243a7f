/** By dialect and manner of answering. */
export declare const speakers: Readonly<Record<string, unknown>>;
