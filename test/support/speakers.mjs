import { once } from 'node:events';

const chatbotId = '5e9c1a2b-3d4e-4f60-b2f2-9f4b1c2d3e4f';
const bearer = { authorization: 'Bearer demo-key' };
const key = { 'x-api-key': 'demo-key' };

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
  'item-discovery': discover,
  'agent-slug': agent,
  'agent-slug stream': agentStream,
  'tenant-chats': chats,
  widget,
};

const onceHeader = (onceKey) => (onceKey === undefined ? {} : { 'idempotency-key': onceKey });

/** A call for a whole answer; one who leaves does so when the request has been sent. */
async function whole(web, path, { headers, json, leaveAfter }) {
  if (leaveAfter === undefined) return web.get('POST', path, { headers, json });
  const controller = new AbortController();
  setImmediate(() => setImmediate(() => controller.abort()));
  return web.get('POST', path, { headers, json, signal: controller.signal }).catch((error) => {
    if (error.name !== 'AbortError') throw error;
  });
}

/** Adds up the text of a stream; `undefined` if the visitor left. `read` gives a frame's text, or `true` for its proper end. */
async function streamed(frames, read, { onBegun, onFrame, leaveAfter }) {
  let text = '';
  let count = 0;
  let complete = false;
  for await (const frame of frames) {
    if (count === 0) onBegun?.();
    if (count === leaveAfter) return undefined;
    count += 1;
    onFrame?.();
    const said = read(frame);
    if (said === true) complete = true;
    else text += said;
  }
  if (!complete) throw new Error('The stream ended without its end');
  return text;
}

function homie(web) {
  let id;
  return {
    id: () => id,
    async open() {
      ({ id } = await web.get('POST', '/v1/chats', { headers: key, json: { chatbotId } }));
    },
    async say(text, { onceKey, leaveAfter } = {}) {
      const headers = { ...key, ...onceHeader(onceKey) };
      const json = { message: text, currentUrl: 'https://store.com/' };
      const reply = await whole(web, `/v1/chats/${id}/messages`, { headers, json, leaveAfter });
      return reply?.content;
    },
    async close() {},
  };
}

function discover(web) {
  let id;
  return {
    id: () => id,
    async open() {},
    async say(text, { onceKey, leaveAfter } = {}) {
      const headers = { ...bearer, ...onceHeader(onceKey) };
      const reply = await whole(web, '/v1/chat', { headers, json: { message: text, conversation_id: id }, leaveAfter });
      id ??= reply?.conversation_id;
      return reply?.message;
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
      id ??= reply?.data.conversationId;
      return reply?.data.response;
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
    if (error !== undefined) throw new Error(`The stream failed: ${frame}`);
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
    if (type === 'error') throw new Error(`The stream failed: ${frame}`);
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

/** Keeps one socket open from turn to turn, and opens another when it was lost. The dialect has no way to repeat a turn. */
function chats(web) {
  const user = `user-${crypto.randomUUID()}`;
  let id;
  let connection;
  const connect = async () => {
    connection = await web.socket(`/ws/chat?api_key=demo-key&user_id=${user}&chat_id=${id}`);
    while ((await connection.next()).event_type !== 'connection_established');
  };
  const drop = () => {
    connection?.socket.terminate();
    connection = undefined;
  };
  return {
    id: () => id,
    async open() {
      ({ id } = await web.get('POST', '/api/v1/chats/', { headers: key, json: { user_id: user } }));
    },
    async say(text, { onBegun, onFrame, leaveAfter } = {}) {
      try {
        // One that was lost between two turns is found closed.
        if (connection?.socket.readyState !== connection?.socket.OPEN) drop();
        if (connection === undefined) await connect();
        connection.send({ content: text });
        let received = false;
        for (let count = 0; count !== leaveAfter; count += 1) {
          const { event_type: type, content, message } = await connection.next();
          onFrame?.();
          // Of an earlier turn, which was left: all who follow the chat are told.
          if (message === 'The answer was interrupted') continue;
          if (type === 'error') throw new Error(`The socket told an error: ${message}`);
          if (type === 'message_received' && content === text) {
            received = true;
            onBegun?.();
          }
          if (received && type === 'message_stream_ended') return content;
        }
      } catch (failure) {
        drop();
        throw failure;
      }
      drop();
      return undefined;
    },
    async close() {
      if (connection === undefined) return;
      const { socket } = connection;
      connection = undefined;
      if (socket.readyState === socket.CLOSED) return;
      socket.close();
      await once(socket, 'close');
    },
  };
}
