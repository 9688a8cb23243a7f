import { hash, randomUUID } from 'node:crypto';
import { defined } from '../canonical/index.ts';
import { GatewayError } from '../errors/index.ts';
import { type ImageEntry, type ImageQuota, leastImageBytes } from './image-book.ts';
import type { Store } from './store.ts';
import { type ImageType, imageEndings, type UploadStore } from './upload-store.ts';

/** Whose an image is. */
export interface ImageOwner {
  readonly tenantId: string;
  readonly site: string;
  readonly session: string;
  /** The session's, if it has begun. */
  readonly conversationId?: string;
}

/** Times, in milliseconds. */
export interface ImageTimes {
  /** How long an image is kept that no message shows. */
  readonly unusedMs: number;
  /** How long an image is left alone whose conversation, or message, may be on its way. */
  readonly graceMs: number;
  readonly sweepEveryMs: number;
}

/** Our choice. */
export const defaultImageTimes: ImageTimes = { unusedMs: 86_400_000, graceMs: 3_600_000, sweepEveryMs: 3_600_000 };

export interface ImagesOptions {
  readonly store: Store;
  readonly uploads: UploadStore;
  readonly quota: ImageQuota;
  readonly times: ImageTimes;
  readonly watch: {
    refused(quota: keyof ImageQuota): void;
    /** An image could not be removed; it is tried again at the next sweep. */
    unremoved(cause: unknown): void;
  };
}

/** Images of visitors: each belongs to its session's conversation, or to the one whose message showed it first, and goes with it. */
export interface Images extends Pick<UploadStore, 'open'> {
  /** Keeps an image. Throws `payload-too-large` where a quota has no room for it. */
  keep(
    image: { readonly bytes: Uint8Array; readonly type: ImageType },
    owner: ImageOwner,
  ): ReturnType<UploadStore['save']>;
  /** Has the images stay that a message is about to show. */
  show(conversationId: string, urls: readonly string[]): Promise<void>;
  /** Removes the images of a conversation that is gone. Never rejects: what cannot be removed is told, and swept later. */
  forget(conversationId: string): Promise<void>;
  /** Removes what nothing shows any more: of a conversation that is gone, of messages that were dropped, or never shown. */
  sweep(): Promise<void>;
}

const sentences: Readonly<Record<keyof ImageQuota, string>> = {
  session: 'This chat holds as many images as it may',
  site: 'This site holds as many images as it may',
  total: 'There is no room for more images',
};

/** So many are removed at the same time. */
const atOnce = 16;

const digest = (...texts: readonly string[]): string => hash('sha256', JSON.stringify(texts), 'base64url').slice(0, 32);

export function createImages({ store, uploads, quota, times, watch }: ImagesOptions): Images {
  const book = store.images;
  // The store tells of what it deleted, and so does whoever had it do so.
  const forgetting = new Map<string, Promise<void>>();

  const remove = async (name: string): Promise<void> => {
    await uploads.remove(name);
    await book.strike(name); // last, so that whoever is cut short before can begin again
  };
  const removeAll = async (names: readonly string[]): Promise<void> => {
    const removals = await Promise.allSettled(names.map(remove));
    for (const removal of removals) if (removal.status === 'rejected') watch.unremoved(removal.reason);
  };
  const forget = async (conversationId: string): Promise<void> => {
    try {
      const names = await book.ofConversation(conversationId);
      for (let at = 0; at < names.length; at += atOnce) await removeAll(names.slice(at, at + atOnce));
    } catch (cause) {
      watch.unremoved(cause);
    } finally {
      forgetting.delete(conversationId);
    }
  };
  const isOver = async (entry: ImageEntry, now: number): Promise<boolean> => {
    const { conversationId, enteredAt, shownAt, isCondemned } = entry;
    if (isCondemned || (shownAt === undefined && now - enteredAt > times.unusedMs)) return true;
    if (conversationId === undefined || now - (shownAt ?? enteredAt) <= times.graceMs) return false;
    const oldest = await oldestMessage(store, conversationId);
    if (oldest === 'gone') return true;
    // Messages that showed it were stored soon after that; all that are left are younger.
    return shownAt !== undefined && oldest !== undefined && Date.parse(oldest) > shownAt + times.graceMs;
  };

  return {
    open: uploads.open,
    async keep({ bytes, type }, { tenantId, site, session, conversationId }) {
      const name = inventUploadName(type);
      const entry: ImageEntry = defined({
        name,
        bytes: Math.max(bytes.length, leastImageBytes),
        enteredAt: Date.now(),
        conversationId,
        session: digest(tenantId, site, session),
        site: digest(tenantId, site),
      });
      const refusedBy = await book.enter(entry, quota);
      if (refusedBy !== undefined) {
        watch.refused(refusedBy);
        throw new GatewayError('payload-too-large', sentences[refusedBy]);
      }
      try {
        const saved = await uploads.save({ bytes, type, name });
        if ((await book.find(name)) !== undefined) return saved;
      } catch (failure) {
        await removeAll([name]); // it may be there all the same
        throw failure;
      }
      // Its conversation was deleted meanwhile.
      await removeAll([name]);
      throw new GatewayError('conflict', 'The chat was deleted');
    },
    async show(conversationId, urls) {
      const at = Date.now();
      for (const name of urls.map(uploadNameIn)) if (name !== undefined) await book.show(name, { conversationId, at });
    },
    forget(conversationId) {
      const running = forgetting.get(conversationId) ?? forget(conversationId);
      forgetting.set(conversationId, running);
      return running;
    },
    async sweep() {
      for await (const entries of book.all()) {
        const now = Date.now();
        for (const entry of entries) {
          if (!(await isOver(entry, now))) continue;
          if (entry.isCondemned || (await book.condemn(entry))) await removeAll([entry.name]);
        }
      }
    },
  };
}

/** When the oldest message that is left was written; `gone` where the conversation is, `undefined` where it has none. */
async function oldestMessage(store: Store, conversationId: string): Promise<string | undefined> {
  try {
    const { entries } = await store.messages(conversationId, { offset: 0, limit: 1, order: 'ascending' });
    return entries[0]?.createdAt;
  } catch (thrown) {
    if (thrown instanceof GatewayError && thrown.code === 'not-found') return 'gone';
    throw thrown;
  }
}

/** A store whose messages keep the images that they show, and whose conversations take theirs along when they are deleted. */
export function withImages(store: Store, images: Pick<Images, 'show' | 'forget'>): Store {
  const show = async (message: Parameters<Store['appendMessage']>[0]): Promise<void> =>
    images.show(
      message.conversationId,
      message.attachments.map(({ url }) => url),
    );
  return {
    ...store,
    appendMessage(message, once) {
      if (message.attachments.length === 0) return store.appendMessage(message, once);
      return show(message).then(() => store.appendMessage(message, once));
    },
    continueConversation(message, tenantId) {
      if (message.attachments.length === 0) return store.continueConversation(message, tenantId);
      return show(message).then(() => store.continueConversation(message, tenantId));
    },
    async deleteConversation(id, which) {
      const isDeleted = await store.deleteConversation(id, which);
      await images.forget(id);
      return isDeleted;
    },
  };
}

const shape = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\.(png|jpg|gif|webp)$/;

/** A new name for an image, that nobody can guess. */
export function inventUploadName(type: ImageType): string {
  return `${randomUUID()}.${imageEndings[type]}`;
}

/** What an image of that name is; `undefined` for a name that we would not have given. The name may be any text. */
export function uploadTypeOf(name: string): ImageType | undefined {
  const ending = shape.exec(name)?.[1];
  const types = Object.entries(imageEndings) as [ImageType, string][]; // Object.entries widens the keys of a constant table
  return types.find(([, known]) => known === ending)?.[0];
}

/** The name of an image in an address at which it may be served, whoever is its host; `undefined` for any other address. */
export function uploadNameIn(url: string): string | undefined {
  const name = /(?:^|\/)uploads\/([^/?#]+)(?:[?#].*)?$/.exec(url)?.[1];
  return name !== undefined && uploadTypeOf(name) !== undefined ? name : undefined;
}
