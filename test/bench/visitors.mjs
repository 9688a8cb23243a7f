import { once } from 'node:events';
import WebSocket from 'ws';
import { get, openConnection, post } from './connection.mjs';
import { word } from './upstream-replies.mjs';

/** How many turns a conversation has before its visitor begins another. Beginning it is part of the cost. */
const turnsEach = 5;

const question = 'Do you ship to Canada, and what does it cost?';
const bearer = { authorization: 'Bearer demo-key' };
const key = { 'x-api-key': 'demo-key' };
const user = { user_id: 'bench' };

function count(text, part) {
  let found = 0;
  for (let at = text.indexOf(part); at !== -1; at = text.indexOf(part, at + part.length)) found += 1;
  return found;
}

/** Gives the answer back if it is what was to be answered: status, every word, and the end of a stream. */
function checked(answer, { status = 200, words, end }) {
  const { text } = answer;
  if (answer.status === status && count(text, word) === words && (end === undefined || text.endsWith(end)))
    return answer;
  const found = `${answer.status} and ${count(text, word)} words`;
  throw new Error(`Answered ${found}; expected ${status} and ${words}, ending in ${end}:\n${text.slice(-1000)}`);
}

/** What changes from conversation to conversation, made anew after every few turns. */
function renewed(begin) {
  let turns = 0;
  let current;
  return async () => {
    if (turns % turnsEach === 0) current = await begin(current);
    turns += 1;
    return current;
  };
}

/** A client of chat completions, who holds the conversation itself: one question at a time. */
export const openai = (headers) => async (origin) => {
  const connection = await openConnection(origin);
  const messages = [
    { role: 'system', content: 'You are the assistant of a shop.' },
    { role: 'user', content: question },
  ];
  const document = { model: 'support-agent', messages, max_tokens: 1024 };
  const requests = {
    plain: post('/v1/chat/completions', headers, document),
    stream: post('/v1/chat/completions', headers, { ...document, stream: true }),
  };
  const ends = { plain: undefined, stream: 'data: [DONE]\n\n' };
  return {
    say: async (mode, frames) => checked(await connection.ask(requests[mode]), { words: frames, end: ends[mode] }),
    close: connection.close,
  };
};

export const openaiWithKey = openai(bearer);

export async function agentSlug(origin) {
  const connection = await openConnection(origin);
  const conversation = renewed(() => `conv_${crypto.randomUUID()}`);
  const ends = { plain: undefined, stream: 'data: [DONE]\n\n' };
  return {
    async say(mode, frames) {
      const document = { message: question, conversationId: await conversation(), stream: mode === 'stream' };
      const answer = await connection.ask(post('/v1/api/chat/support-agent', bearer, document));
      return checked(answer, { words: frames, end: ends[mode] });
    },
    close: connection.close,
  };
}

export async function itemDiscovery(origin) {
  const connection = await openConnection(origin);
  const conversation = renewed(() => `visit-${crypto.randomUUID()}`);
  return {
    async say(_mode, frames) {
      const document = { message: question, conversation_id: await conversation() };
      return checked(await connection.ask(post('/v1/chat', bearer, document)), { words: frames });
    },
    close: connection.close,
  };
}

export async function widget(origin) {
  const connection = await openConnection(origin);
  const session = renewed(() => `sess_${crypto.randomUUID()}`);
  return {
    async say(_mode, frames) {
      const document = { site_key: 'sk_demo', session_id: await session(), message: question };
      const answer = checked(await connection.ask(post('/api/v1/chat/stream', {}, document)), { words: frames });
      if (!answer.text.includes('"type":"done"')) throw new Error(`No end:\n${answer.text.slice(-1000)}`);
      return answer;
    },
    close: connection.close,
  };
}

async function newChat(connection, path, document) {
  const { status, text } = await connection.ask(post(path, key, document));
  if (status !== 201) throw new Error(`${path} was answered ${status}: ${text}`);
  return JSON.parse(text).id;
}

const chatbotId = '5e9c1a2b-3d4e-4f60-b2f2-9f4b1c2d3e4f';
const createHomie = (connection) => newChat(connection, '/v1/chats', { chatbotId });

async function sayToHomie(connection, id, frames) {
  const document = { message: question, currentUrl: 'https://store.com/' };
  const answer = await connection.ask(post(`/v1/chats/${id}/messages`, key, document));
  return checked(answer, { status: 201, words: frames });
}

export async function homie(origin) {
  const connection = await openConnection(origin);
  const chat = renewed(() => createHomie(connection));
  return {
    say: async (_mode, frames) => sayToHomie(connection, await chat(), frames),
    close: connection.close,
  };
}

/** Follows the chat's events on a second connection, and is content when both have told the reply. */
export async function homieWithEvents(origin) {
  const connection = await openConnection(origin);
  const chat = renewed(async (last) => {
    last?.feed.close();
    const id = await createHomie(connection);
    const feed = await openConnection(origin);
    return { id, feed, events: await follow(feed, id) };
  });
  let open;
  return {
    async say(_mode, frames) {
      open = await chat();
      const completed = open.events.next();
      const [answer] = await Promise.all([sayToHomie(connection, open.id, frames), completed]);
      return answer;
    },
    close() {
      open?.feed.close();
      connection.close();
    },
  };
}

/** Gives, once the chat is followed, a promise of the next reply's end each time. */
async function follow(feed, id) {
  let waiting;
  let rest = '';
  const onText = (text) => {
    rest += text;
    if (!rest.includes('"status":"completed"') || !rest.endsWith('\n\n')) return;
    rest = '';
    waiting.resolve();
  };
  await new Promise((resolve, reject) => {
    waiting = { reject };
    const onBegun = (status) => (status === 200 ? resolve() : reject(new Error(`The events were answered ${status}`)));
    feed.ask(get(`/v1/chats/${id}/events`, key), { onBegun, onText }).catch((failure) => waiting.reject(failure));
  });
  return {
    next: () =>
      new Promise((resolve, reject) => {
        waiting = { resolve, reject };
      }),
  };
}

/** Talks over a WebSocket, which is opened anew with every chat. */
export async function tenantChats(origin) {
  const connection = await openConnection(origin);
  const chat = renewed(async (last) => {
    last?.close();
    return openSocket(origin, await newChat(connection, '/api/v1/chats/', user));
  });
  let open;
  return {
    async say(_mode, frames) {
      open = await chat();
      return checked(await open.say(question), { words: frames });
    },
    close() {
      open?.close();
      connection.close();
    },
  };
}

async function openSocket(origin, id) {
  const url = `${origin.replace('http', 'ws')}/ws/chat?api_key=demo-key&user_id=${user.user_id}&chat_id=${id}`;
  const socket = new WebSocket(url, { perMessageDeflate: false });
  let asked;
  socket.on('message', (data) => {
    if (asked === undefined) return;
    asked.reads += 1;
    const text = data.latin1Slice();
    if (text.includes('"message_stream_token"')) asked.firstAt ??= performance.now();
    else if (text.includes('"message_stream_ended"')) {
      // Some fields have aliases: the words are those of the content.
      const { reads, firstAt, resolve } = asked;
      asked = undefined;
      resolve({ status: 200, text: JSON.parse(text).content, reads, firstAt });
    } else if (text.includes('"error"')) asked.reject(new Error(`The socket told an error: ${text}`));
  });
  socket.on('close', (code) => asked?.reject(new Error(`The socket closed with ${code}`)));
  await once(socket, 'open');
  return {
    say: (content) =>
      new Promise((resolve, reject) => {
        asked = { resolve, reject, reads: 0, firstAt: undefined };
        socket.send(JSON.stringify({ content }));
      }),
    close() {
      asked = undefined;
      socket.close();
    },
  };
}
