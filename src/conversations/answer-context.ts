import { buffer as readBytes } from 'node:stream/consumers';
import type { AnswerContext, Backend } from '../backends/backend.ts';
import type { Conversation, Message, Turn } from '../canonical/index.ts';
import { GatewayError, type Violation } from '../errors/index.ts';
import { type Images, uploadNameIn } from '../stores/images.ts';
import { type IdempotencyKey, isAnothers } from '../stores/store.ts';
import type { Caller } from './caller.ts';
import type { Services } from './services.ts';
import type { TokenUsage } from './token-budget.ts';

/** How many messages of the past a backend sees that does not say how many. */
const historyLength = 50;

/** A turn whose visitor's message is stored. */
export interface AskedTurn {
  readonly turn: Turn;
  readonly conversation: Conversation;
  readonly messageId: string;
  readonly onceKey?: IdempotencyKey | undefined;
  readonly tokenUsage: Pick<TokenUsage, 'sent'>;
}

/** Who answers, and for whom. */
export interface Answerer {
  readonly caller: Caller;
  readonly backend: Backend;
}

/** What a backend may know beside the turn. */
export function contextOf(
  services: Services,
  { conversation, messageId, tokenUsage }: AskedTurn,
  { backend, caller }: Answerer,
): AnswerContext {
  let known = conversation;
  return {
    replyId: caller.replyId,
    sent: tokenUsage.sent,
    upload: (url) => readUpload(services.images, url),
    leftOut(image) {
      const path = caller.placeOfImage?.(image);
      if (path === undefined) services.loss.image(caller.dialect.name, backend);
      else throw imageRefused(path);
    },
    get conversation() {
      return known;
    },
    async history(length = historyLength) {
      if (conversation.messageCount === 0) return []; // as it was before the turn
      return historyBefore(services, { conversationId: conversation.id, messageId }, length);
    },
    async transcript(id, participant) {
      const other = await services.store.conversation(id);
      if (other?.tenantId !== caller.tenant.id || isAnothers(other, participant)) return [];
      return services.store.latestMessages(id, historyLength);
    },
    async remember(backend, remoteId) {
      known = { ...known, remoteIds: { ...known.remoteIds, [backend]: remoteId } };
      await services.store.changeConversation(conversation.id, {
        remoteIds: { [backend]: remoteId },
        updatedAt: caller.call.receivedAt,
      });
    },
  };
}

/** The newest messages before one, oldest first. */
export async function historyBefore(
  { store }: Pick<Services, 'store'>,
  { conversationId, messageId }: { readonly conversationId: string; readonly messageId: string },
  length: number,
): Promise<readonly Message[]> {
  const latest = await store.latestMessages(conversationId, length + 1);
  const position = latest.findIndex((message) => message.id === messageId);
  return (position === -1 ? latest : latest.slice(0, position)).slice(-length);
}

function imageRefused(path: Violation['path']): GatewayError {
  const message = 'The image is neither an upload of this service nor on a host from which images are passed on';
  const violations = [{ path, rule: 'image', params: {}, value: undefined, message }];
  return new GatewayError('invalid-request', message, { violations });
}

/** An image of ours as its own address. */
async function readUpload(images: Pick<Images, 'open'>, url: string): Promise<string | undefined> {
  const name = uploadNameIn(url);
  const image = name === undefined ? undefined : await images.open(name);
  return image && `data:${image.type};base64,${(await readBytes(image.content)).toString('base64')}`;
}
