export { frame, heartbeat, retryAfter } from './frame.ts';
export type { SseMessage } from './message.ts';
export { createSseParser, maxFrameLength, type SseParser } from './parser.ts';
