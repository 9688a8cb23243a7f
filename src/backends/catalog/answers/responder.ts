import type { Answer } from '../answer.ts';
import type { Inquiry } from '../inquiry.ts';

/** Answers a message, or leaves it to the next one. */
export type Responder = (inquiry: Inquiry) => Answer | undefined | Promise<Answer | undefined>;
