import { bearer, Failed, onceHeader, streamed, whole } from './answers.mjs';

function openaiQuestion(text, { id, onceKey, stream }) {
  return {
    headers: { ...bearer, ...onceHeader(onceKey), ...(id !== undefined && { 'x-conversation-id': id }) },
    json: { model: 'support-agent', messages: [{ role: 'user', content: text }], stream },
  };
}

export function openai(web) {
  let id;
  return {
    id: () => id,
    async open() {},
    async say(text, { onceKey, leaveAfter } = {}) {
      const question = openaiQuestion(text, { id, onceKey, stream: false });
      const reply = await whole(web, '/v1/chat/completions', { ...question, leaveAfter });
      id ??= reply?.headers['x-conversation-id'];
      return reply?.body.choices[0].message.content;
    },
    async close() {},
  };
}

export function openaiStream(web) {
  let id;
  const read = (frame) => {
    if (frame === '[DONE]') return true;
    const { choices, error } = JSON.parse(frame);
    if (error !== undefined) throw new Failed(`The stream failed: ${frame}`);
    return choices[0]?.delta.content ?? '';
  };
  return {
    id: () => id,
    async open() {},
    async say(text, { onceKey, ...manner } = {}) {
      const question = openaiQuestion(text, { id, onceKey, stream: true });
      const { headers, events } = await web.stream('POST', '/v1/chat/completions', question);
      const reply = await streamed(dataOf(events), read, manner);
      // Not before: a turn that is repeated must be asked as it was.
      if (reply !== undefined) id ??= headers['x-conversation-id'];
      return reply;
    },
    async close() {},
  };
}

async function* dataOf(events) {
  for await (const { data } of events) yield data;
}
