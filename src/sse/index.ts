export type { SseMessage } from './frame.ts';
export { frame, heartbeat, retryAfter } from './frame.ts';
export { createSseParser, maxFrameLength, type SseParser } from './parser.ts';
