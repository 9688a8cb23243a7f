import type { Dialect } from '../dialect.ts';
import { collectOperatorMessages } from './collect-operator-messages.ts';
import { errors } from './errors.ts';
import { getBlockStatus } from './get-block-status.ts';
import { listSessionMessages } from './list-session-messages.ts';
import { collectNudges, recordNudgeEvent } from './nudges.ts';
import { commentRating, rateConversation } from './rate-conversation.ts';
import { saveContact, saveEmail } from './save-contact.ts';
import { sendMessage } from './send-message.ts';
import { uploadImage } from './upload-image.ts';

/** Source: `seeds/004`, and the vendor's pages on responses, conversations, nudges and limits. */
export const widget: Dialect = {
  name: 'widget',
  title: 'Vexar live chat, widget API',
  prefixes: ['/api/v1/chat', '/api/v1/proactive'],
  credential: {
    kind: 'site',
    siteFields: ['site_key', 'siteKey'],
    sessionFields: ['session_id', 'sessionId'],
    // Source: Chatwoot for the hash of a user's id; the names are our choice, after those of sessions.
    identity: {
      userFields: ['user_id', 'userId'],
      hashFields: ['user_hash', 'userHash'],
      tokenFields: ['user_token', 'userToken'],
      userHeader: 'x-user-id',
      hashHeader: 'x-user-hash',
    },
  },
  conversationIds: 'integer',
  unknownConversations: 'refuse',
  endpoints: [
    sendMessage,
    listSessionMessages,
    saveEmail,
    saveContact,
    collectOperatorMessages,
    getBlockStatus,
    collectNudges,
    uploadImage,
    rateConversation,
    commentRating,
    recordNudgeEvent,
  ],
  errors,
};
