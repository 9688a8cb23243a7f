import { bearer, Failed, onceHeader, streamed, whole } from './speakers/answers.mjs';
import { homie, homieEvents } from './speakers/homie.mjs';
import { openai, openaiStream } from './speakers/openai.mjs';
import { chats } from './speakers/tenant-chats.mjs';

/** The demo's tenant, as its operators see it. */
export const operator = {
  headers: { authorization: 'Bearer demo-admin' },
  conversations: '/admin/v1/tenants/3210cba9-8fed-4c65-8b32-1a0f9e8d7c6b/conversations',
};

/**
 * One visitor a dialect and manner of answering, in one conversation: `open()` begins it where the dialect has a call for that,
 * `say(text)` gives the whole reply once it has ended, and rejects if it does not end. Of `say`:
 *   onceKey     makes the turn one that may be repeated
 *   onBegun()   is called when the gateway has said that the visitor's message is stored, or begins to answer it
 *   onFrame()   is called for each frame of an answer that comes in frames
 *   leaveAfter  leaves in the middle, after so many frames of the answer (0: at once); `undefined` is given then
 * `id()` is the conversation's id as the dialect has it, once it is known.
 */
export const speakers = {
  homie,
  'homie events': homieEvents,
  'item-discovery': discover,
  'agent-slug': agent,
  'agent-slug stream': agentStream,
  'tenant-chats': chats,
  widget,
  openai,
  'openai stream': openaiStream,
};

function discover(web) {
  let id;
  return {
    id: () => id,
    async open() {},
    async say(text, { onceKey, leaveAfter } = {}) {
      const headers = { ...bearer, ...onceHeader(onceKey) };
      const reply = await whole(web, '/v1/chat', { headers, json: { message: text, conversation_id: id }, leaveAfter });
      id ??= reply?.body.conversation_id;
      return reply?.body.message;
    },
    async close() {},
  };
}

function agent(web) {
  let id;
  return {
    id: () => id,
    async open() {},
    async say(text, { onceKey, leaveAfter } = {}) {
      const headers = { ...bearer, ...onceHeader(onceKey) };
      const json = { message: text, conversationId: id };
      const reply = await whole(web, '/v1/api/chat/support-agent', { headers, json, leaveAfter });
      id ??= reply?.body.data.conversationId;
      return reply?.body.data.response;
    },
    async close() {},
  };
}

/** Begins under an id that the client knows: the stream tells one only in a header. */
function agentStream(web) {
  const id = `conv_${crypto.randomUUID()}`;
  const read = (frame) => {
    if (frame === '[DONE]') return true;
    const { chunk, error } = JSON.parse(frame);
    if (error !== undefined) throw new Failed(`The stream failed: ${frame}`);
    return chunk;
  };
  return {
    id: () => id,
    async open() {},
    say(text, { onceKey, ...manner } = {}) {
      const headers = { ...bearer, ...onceHeader(onceKey) };
      const json = { message: text, conversationId: id, stream: true };
      return streamed(web.events('POST', '/v1/api/chat/support-agent', { headers, json }), read, manner);
    },
    async close() {},
  };
}

function widget(web) {
  const id = `sess_${crypto.randomUUID()}`;
  const read = (frame) => {
    const { type, content } = JSON.parse(frame);
    if (type === 'error') throw new Failed(`The stream failed: ${frame}`);
    return type === 'done' ? true : content;
  };
  return {
    id: () => id,
    async open() {},
    say(text, { onceKey, ...manner } = {}) {
      const json = { site_key: 'sk_demo', session_id: id, message: text, message_id: onceKey };
      return streamed(web.events('POST', '/api/v1/chat/stream', { json }), read, manner);
    },
    async close() {},
  };
}
