import { randomUUID } from 'node:crypto';
import type { FeedEvent } from '../../canonical/index.ts';
import type { Log, LogEntry, LogPlace } from '../../stores/log.ts';
import type { Storage } from '../../stores/storage.ts';
import { type Channels, createChannels } from './channels.ts';
import { endReplies, type OrphanedReply } from './end-replies.ts';
import { createFollowers, type Followers } from './followers.ts';
import { type FeedNote, type ProcessNote, readTopic, sizeOf, type TickNote } from './notes.ts';
import { createPublished, type Published } from './published.ts';
import { createReading, type Reading } from './reading.ts';
import type { FeedSettings } from './settings.ts';
import { createSignsOfLife } from './signs-of-life.ts';
import { createTellings, eventNote, type Tellings } from './tellings.ts';
import { createWriter, type Writer } from './writer.ts';

/** What one process makes of the log, and puts into it. */
export interface FeedCore {
  readonly channels: Channels;
  readonly followers: Followers;
  readonly published: Published;
  readonly tellings: Tellings;
  readonly writer: Writer;
  readonly reading: Reading;
  publish(conversationId: string, event: FeedEvent): void;
  open(storage: FeedStorage): Promise<void>;
  close(): Promise<void>;
}

export type FeedStorage = Pick<Storage, 'openLog' | 'store' | 'leases'>;

/** What was written is read within so long, or the feed stands still; in milliseconds. */
const readWithinMs = 5_000;
/** Of so many conversations it is remembered what was published last. */
const maxRemembered = 10_000;
/** So many conversations are named in one note. */
const maxNamed = 500;

export function createFeedCore(settings: FeedSettings): FeedCore {
  const process = randomUUID().slice(-12);
  const followers = createFollowers();
  const published = createPublished(maxRemembered);
  const reading = createReading(readWithinMs);
  const channels = createChannels({ ...settings, whenBegun });
  const writer = createWriter({ ...settings, process, whenWritten: reading.expect, whenBack });
  const tellings = createTellings({ isFollowed, tell: writer.tell, publish });
  const signs = createSignsOfLife(settings.patience, (gone) => void whenSilent(gone));
  let storage: FeedStorage | undefined;
  let log: Log<FeedNote> | undefined;
  let beat: NodeJS.Timeout | undefined;
  let sweeping: NodeJS.Timeout | undefined;
  let beats = 0;

  function isFollowed(conversationId: string): boolean {
    return channels.get(conversationId) !== undefined;
  }
  function publish(conversationId: string, event: FeedEvent): void {
    if (isFollowed(conversationId)) writer.tell(conversationId, eventNote(event));
    // Of those that are followed too: the log may lose what was told.
    if (event.type === 'message') published.stored(conversationId, event.message.sequence);
  }
  /** Tells what this process knows of a conversation, and others may not. */
  function tellAnew(conversationId: string): void {
    const missed = published.take(conversationId);
    if (missed === 'ended') writer.sayLater({ type: 'ended', conversationId });
    else if (missed !== undefined) writer.tell(conversationId, { type: 'stored', sequence: missed });
    tellings.tellAnew(conversationId);
  }
  /** A channel begins, or is asked to. Of one that is followed here, all has to be known. */
  function whenBegun(conversationId: string): void {
    tellAnew(conversationId);
    const isKnown = channels.get(conversationId)?.isWhole ?? true;
    if (followers.has(conversationId) && !isKnown) sayWhomWeFollow({ anew: true }, [followers.of(conversationId)]);
  }
  function sayWhomWeFollow(options: { readonly anew: boolean }, followed = followers.list()): void {
    for (let first = 0; first < followed.length; first += maxNamed) {
      writer.sayLater({ type: 'follow', followed: followed.slice(first, first + maxNamed), ...options });
    }
  }
  function whenBack(): void {
    sayWhomWeFollow({ anew: false });
    tellings.tellMissed();
  }
  function live(): void {
    beats += 1;
    // Where anybody is followed anywhere: whoever dies then may have had something to tell.
    if (followers.size === 0 && channels.all.size === 0) return;
    writer.say({ type: 'alive' }).catch(() => undefined); // the next one comes soon
    if (beats % Math.ceil(settings.renewMs / settings.signMs) === 0) sayWhomWeFollow({ anew: false });
  }

  function entry({ place, topic, size, read }: LogEntry<FeedNote>): void {
    const { process: from, conversationId } = readTopic(topic);
    if (!reading.advance(place)) lost();
    if (from !== process) signs.heard(from);
    if (conversationId === undefined) {
      hear(place, from, read() as ProcessNote); // what a process says of no conversation
      return;
    }
    const readTick = read as () => TickNote; // and what it says of one
    channels.tick(conversationId, { place, process: from, read: readTick, size: size ?? sizeOf(readTick()) });
  }
  function hear(place: LogPlace, from: string, note: ProcessNote): void {
    switch (note.type) {
      case 'follow':
        channels.follow(place, from, note);
        break;
      case 'ask':
        if (from !== process) sayWhomWeFollow({ anew: false });
        break;
      case 'leave':
        channels.leave(place, from, note.conversationId);
        break;
      case 'ended':
        followers.end(note.conversationId);
        channels.end(note.conversationId);
        break;
      case 'alive':
        if (from === process) signs.heardOwn();
        break;
      case 'gone':
        channels.forget(note.process);
        signs.forget(note.process);
        // It was only silent: it has to be counted again.
        if (note.process === process) sayWhomWeFollow({ anew: true });
        break;
      case 'mark':
        break;
      default:
        note satisfies never;
    }
  }
  function lost(): void {
    channels.beginAnew();
    writer.sayLater({ type: 'ask' });
    sayWhomWeFollow({ anew: true });
    reading.giveUp();
    for (const conversationId of channels.all.keys()) tellAnew(conversationId);
  }

  function orphansOf(gone: string): readonly OrphanedReply[] {
    return [...channels.all].flatMap(([conversationId, channel]) =>
      channel.isToldBy(gone)
        ? channel
            .underWay()
            .filter((reply) => reply.process === gone)
            .map((reply) => ({ ...reply, conversationId }))
        : [],
    );
  }
  const end = (conversationId: string): void => writer.sayLater({ type: 'ended', conversationId });
  async function whenSilent(gone: string): Promise<void> {
    if (storage === undefined) return;
    try {
      const isOurs = await endReplies(gone, { ...storage, process, publish, end, orphans });
      // Another may have said so, or the process itself something.
      if (isOurs && signs.isSilent(gone)) await writer.say({ type: 'gone', process: gone });
    } catch {
      // Whoever cannot now does so later, as do all others: whoever has taken it on may die of it.
    }
  }
  /** As `orphansOf`, after all that was written before; none of a process that has spoken meanwhile. */
  async function orphans(gone: string): Promise<readonly OrphanedReply[]> {
    await reading.reached(await writer.say({ type: 'mark' }));
    return signs.isSilent(gone) ? orphansOf(gone) : [];
  }

  return {
    channels,
    followers,
    published,
    tellings,
    writer,
    reading,
    publish,
    async open(opened) {
      storage = opened;
      log = await opened.openLog({ entry, lost });
      writer.open(log);
      live();
      beat = setInterval(live, settings.signMs).unref();
      sweeping = setInterval(() => channels.sweep(followers.has), settings.lingerMs / 2).unref();
    },
    async close() {
      clearInterval(beat);
      clearInterval(sweeping);
      writer.close();
      for (const channel of channels.all.values()) channel.close();
      await log?.close();
    },
  };
}
