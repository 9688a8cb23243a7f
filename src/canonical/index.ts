export type * from './asked-of-models.ts';
export { defined } from './defined.ts';
export type { ChatEvent, ChatStream, FeedEntry, FeedEvent, FeedStream, GrowingReply, ReplyProgress } from './events.ts';
export { createReplyFolder, foldReply, type ReplyFolder, unfoldReply } from './fold.ts';
export { createReplyGuard, defaultReplyBounds, type ReplyBounds, type ReplyGuard } from './guard.ts';
export { checkClientJson, parseClientJson, parseUpstreamJson } from './json-text.ts';
export type * from './model.ts';
export type * from './operations.ts';
export { isUuid } from './uuid.ts';
