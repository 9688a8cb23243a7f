import type { ServerResponse } from 'node:http';
import { json, type Received, runStub, type StubUpstream } from './stub-upstream.ts';

const chat = { chatbotId: 'b', userId: 'u', organizationId: 'o', createdAt: '2025-07-08T16:32:11Z' };

/** A server of homie chats: it begins chats (`c1`, `c2`, …) by itself, and answers messages and followers as a test says. */
export function runHomieStub(
  answer: (request: Received, respond: (body: object, status?: number) => void) => void,
  followed?: (response: ServerResponse) => void,
): Promise<StubUpstream> {
  let made = 0;
  return runStub((request, response) => {
    if (request.path === '/v1/chats') {
      made += 1;
      json(response, { ...chat, id: `c${made}` }, 201);
    } else if (request.path.endsWith('/events')) {
      followed?.(response);
    } else {
      answer(request, (body, status = 201) => json(response, body, status));
    }
  });
}

/** A message that repeats what it answers. */
export const answerTo = ({ path, body }: Received) => ({
  ...{ id: 'm', chatId: path.split('/')[3], type: 'answer', createdAt: chat.createdAt },
  content: `You said ${String(body.message)}`,
});

/** Begins what a follower of a chat is told, over its own response; each call tells one event. */
export function follow(response: ServerResponse, chatId = 'c1') {
  response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
  let events = 0;
  return (toolName: string, content = '') => {
    events += 1;
    const event = { chatId, eventId: `e${events}`, toolName, content, status: 'inProgress' };
    response.write(`id: ${events}\ndata: ${JSON.stringify(event)}\n\n`);
  };
}
