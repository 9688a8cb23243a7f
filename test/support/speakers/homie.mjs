import { Failed, key, onceHeader, Unended, Untold, whole } from './answers.mjs';

const chatbotId = '5e9c1a2b-3d4e-4f60-b2f2-9f4b1c2d3e4f';
/** How long events may take to tell what was answered, in milliseconds. */
const patienceMs = 10_000;

export function homie(web) {
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
      return reply?.body.content;
    },
    async close() {},
  };
}

/** The attempts that a text's pieces name, where whoever answers says them: see `test/chaos/echo.mjs`. */
const attemptsIn = (text) => new Set([...text.matchAll(/ of ([0-9a-f]{8})\b/g)].map(([, attempt]) => attempt));

/**
 * Whether steps are a reply's own: its last ones may be missing, where they could not be told. Steps of an attempt that broke off may
 * be the last that was heard, where the next attempt was told whole; but never steps of two.
 */
function agrees(spoken, reply) {
  const attempts = attemptsIn(spoken);
  const ofReply = attemptsIn(reply);
  // No more than how one attempt opens, and no piece of it.
  if (ofReply.size > 0 && /^“[^“”]*”$/.test(spoken)) return true;
  const isOwn = [...attempts].every((attempt) => ofReply.has(attempt));
  return attempts.size <= 1 && (!isOwn || reply.startsWith(spoken));
}

/**
 * Listens to the chat's events while it asks, and goes on listening where it stopped, however that came about. What it hears of a reply
 * step by step must be the reply, with nothing left out in between, and nothing said twice.
 */
export function homieEvents(web) {
  const chat = homie(web);
  let lastId;
  let spoken = '';
  let asked;
  let untold;
  let wasLeft = false;
  const listen = (signal) => {
    const headers = { ...key, accept: 'text/event-stream', ...(lastId !== undefined && { 'last-event-id': lastId }) };
    return web.stream('GET', `/v1/chats/${chat.id()}/events`, { headers, signal });
  };
  /** The next reply that is complete, to whatever turn. */
  async function hear(events, { onFrame }) {
    // Not `for await`, which would close them.
    for (let next = await events.next(); !next.done; next = await events.next()) {
      onFrame?.();
      const { id = lastId, data } = next.value;
      lastId = id;
      const { toolName, content, status } = JSON.parse(data);
      // One that a visitor has left in the middle is none of those that are waited for, and its steps are no other's.
      if (content === 'The reply was interrupted') {
        spoken = '';
        continue;
      }
      if (status === 'failed') throw new Failed(`The events tell of a failure: ${data}`);
      if (toolName === 'typing') spoken = '';
      else if (status === 'inProgress' && toolName === 'message') spoken += content;
      else if (status === 'completed') return content;
    }
    throw new Unended('The events ended without the reply');
  }
  return {
    ...chat,
    async say(text, { leaveAfter, ...manner } = {}) {
      if (leaveAfter !== undefined) {
        wasLeft = true;
        return chat.say(text, { leaveAfter, ...manner });
      }
      // Who heard nothing before the events broke off cannot say where to go on: they may be over.
      const isDeaf = (asked === text && lastId === undefined) || untold === text;
      asked = text;
      const leaving = new AbortController();
      const { events } = await listen(leaving.signal);
      let patience;
      try {
        const reply = await chat.say(text, manner);
        patience = setTimeout(() => leaving.abort(), patienceMs);
        for (let heard; !isDeaf && heard !== reply; ) heard = await hear(events, manner);
        // A turn that was left may end after this one: its steps are told then, and this one whole.
        if (!isDeaf && !wasLeft && !agrees(spoken, reply)) throw new Error(`The events said “${spoken}” of “${reply}”`);
        [spoken, wasLeft] = ['', false];
        return reply;
      } catch (failure) {
        if (!leaving.signal.aborted) throw failure;
        untold = text;
        throw new Untold('The events did not tell in time what was answered');
      } finally {
        clearTimeout(patience);
        leaving.abort();
      }
    },
  };
}
