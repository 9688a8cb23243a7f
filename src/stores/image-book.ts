/** Whose room an image takes: digests of a visitor's session and of a site. */
export interface ImagePayer {
  readonly session: string;
  readonly site: string;
}

/** An uploaded image as the book has it. Times are milliseconds since the epoch. */
export interface ImageEntry extends ImagePayer {
  /** As the place where it is kept names it. */
  readonly name: string;
  /** What it takes of the quotas. */
  readonly bytes: number;
  readonly enteredAt: number;
  /** The conversation that it belongs to, once there is one. */
  readonly conversationId?: string;
  /** When a message was last about to show it; absent: none ever was. */
  readonly shownAt?: number;
  /** Nobody shows it any more: it is to be removed. */
  readonly isCondemned?: true;
}

/** How many bytes of images may be kept. */
export interface ImageQuota {
  readonly session: number;
  readonly site: number;
  readonly total: number;
}

/** Beside them, how many bytes each of them takes at least: a file takes a block. Our choice. */
export const leastImageBytes = 4_096;

/**
 * What is kept of every image beside its bytes: whose it is, and how much room it takes. An image stands in it before it is kept, and
 * until it is removed, so that a crash leaves none that nobody knows of.
 */
export interface ImageBook {
  /** Enters an image, or gives the first quota that has no room for it. */
  enter(entry: ImageEntry, quota: ImageQuota): Promise<keyof ImageQuota | undefined>;
  find(name: string): Promise<ImageEntry | undefined>;
  /**
   * A message of a conversation is about to show an image, if there is one of that name. One that no message has shown yet belongs to that
   * conversation from now on; one that belongs to another stays there.
   */
  show(name: string, place: { readonly conversationId: string; readonly at: number }): Promise<void>;
  /** Marks an image as to be removed, if it is as the entry says; false if it has changed. */
  condemn(entry: ImageEntry): Promise<boolean>;
  /** Takes an image out, and gives its room back. */
  strike(name: string): Promise<void>;
  /** Names of the images that belong to a conversation, which may be gone. */
  ofConversation(conversationId: string): Promise<readonly string[]>;
  /** All images, a part at a time; one that changes meanwhile may be told twice. */
  all(): AsyncIterable<readonly ImageEntry[]>;
}

/** The entry once a message shows it; `undefined` where that changes nothing. */
export function shownEntry(
  entry: ImageEntry,
  { conversationId, at }: { readonly conversationId: string; readonly at: number },
): ImageEntry | undefined {
  const isAnothers = entry.shownAt !== undefined && entry.conversationId !== conversationId;
  if (entry.isCondemned || isAnothers) return undefined;
  return { ...entry, conversationId, shownAt: Math.max(at, entry.shownAt ?? 0) };
}
