import {
  createReplyFolder,
  type GrowingReply,
  type Message,
  type Reply,
  type ReplyFolder,
  unfoldReply,
} from '../../canonical/index.ts';
import type { FeedTick, TickNote } from './notes.ts';
import { createToldReplies } from './told-replies.ts';

/** A reply that has begun and not ended. */
export interface ReplyUnderWay extends GrowingReply {
  /** Which process gives it. */
  readonly process: string;
  /** All that was told of it. */
  readonly soFar: Reply;
}

/** Gathers replies from ticks, one at a time. */
export interface RepliesUnderWay {
  add(tick: FeedTick): void;
  list(): readonly ReplyUnderWay[];
}

/** Gathers on from where others were. */
export function createRepliesUnderWay(begun: readonly ReplyUnderWay[] = []): RepliesUnderWay {
  const told = createToldReplies(begun.map(({ soFar }) => soFar));
  const open = new Map<string, { readonly process: string; readonly folder: ReplyFolder; isCutInto: boolean }>();
  for (const { replyId, process, soFar, isCutInto } of begun) {
    open.set(replyId, { process, folder: folderOf(soFar), isCutInto });
  }
  const end = ({ id, role }: Message): void => {
    open.delete(id);
    if (role === 'visitor' || role === 'system') return;
    for (const reply of open.values()) reply.isCutInto = true;
  };
  return {
    add({ process, read }) {
      const note = read();
      for (const event of told.take(note)) {
        if (event.type === 'reply-started') {
          const folder = createReplyFolder(timeOf(note));
          folder.add({ type: 'reply-start', replyId: event.replyId });
          open.set(event.replyId, { process, folder, isCutInto: false });
        } else if (event.type === 'reply-progress') open.get(event.replyId)?.folder.add(event.progress);
        else if (event.type === 'message') end(event.message);
      }
    },
    list: () =>
      [...open].map(([replyId, { process, folder, isCutInto }]) => ({
        ...{ replyId, process, isCutInto },
        soFar: folder.reply(),
      })),
  };
}

function folderOf(reply: Reply): ReplyFolder {
  const folder = createReplyFolder(reply.createdAt);
  for (const event of unfoldReply(reply)) if (event.type !== 'reply-end') folder.add(event);
  return folder;
}

function timeOf(note: TickNote): string {
  if (note.type === 'event') return note.at;
  return note.type === 'reply' ? note.reply.createdAt : '';
}
