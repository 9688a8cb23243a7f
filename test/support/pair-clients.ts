import type { Ear } from './ear.ts';
import {
  askHomie,
  bearer,
  beginHomieChat,
  followHomie,
  type Place,
  siteOf,
  type Visit,
  visitOnce,
  visitTenantChats,
} from './pair-visits.ts';

/** A client of a dialect, in one delivery. */
export interface PairClient {
  readonly dialect: string;
  readonly delivery: 'plain' | 'stream';
  /** What an answer is that has ended well, and one that has failed in its midst; nothing may follow. Absent: a status tells. */
  readonly endings?: { readonly whole: RegExp; readonly failed: RegExp };
  /** `ear` hears what grows, and is stopped when nothing more will be heard. */
  visit(place: Place, question: string, ear: Ear): Promise<Visit>;
}

const agentPath = ({ agent }: Place) => `/v1/api/chat/${agent}`;
const openaiPath = '/v1/chat/completions';
const completion = ({ agent }: Place, content: string, stream: boolean) => ({
  model: agent,
  messages: [{ role: 'user', content }],
  ...(stream && { stream, stream_options: { include_usage: true } }),
});

/** A stream of lines that are `steps`, then its end. */
const stream = (step: string, end: string): RegExp => new RegExp(`^(${step})*${end}$`);

/** Every client that we know of, in every delivery of its dialect. */
export const pairClients: readonly PairClient[] = [
  {
    dialect: 'homie',
    delivery: 'plain',
    async visit(place, question) {
      const chat = await beginHomieChat(place);
      return { seen: [await askHomie(place, chat, question)], names: { [chat]: '<chat>' } };
    },
  },
  {
    dialect: 'homie',
    delivery: 'stream',
    endings: {
      whole: stream(
        '(?:retry: 3000\n)?id: .*\ndata: .*"status":"inProgress"}\n\n',
        '(?:retry: 3000\n)?id: .*\ndata: .*"status":"completed"}\n\n',
      ),
      failed: stream(
        '(?:retry: 3000\n)?id: .*\ndata: .*"status":"inProgress"}\n\n',
        '(?:retry: 3000\n)?id: .*\ndata: .*"status":"failed"}\n\n',
      ),
    },
    visit: followHomie,
  },
  {
    dialect: 'item-discovery',
    delivery: 'plain',
    visit: (place, message) =>
      visitOnce(place, '/v1/chat', { headers: bearer(place), json: { message, user_id: place.visitor } }),
  },
  {
    dialect: 'agent-slug',
    delivery: 'plain',
    visit: (place, message) => visitOnce(place, agentPath(place), { headers: bearer(place), json: { message } }),
  },
  {
    dialect: 'agent-slug',
    delivery: 'stream',
    endings: {
      whole: stream('data: {"chunk":.*}\n\n', 'data: \\[DONE]\n\n'),
      failed: stream('data: {"chunk":.*}\n\n', 'data: {"error":.*}\n\ndata: \\[DONE]\n\n'),
    },
    visit: (place, message, ear) =>
      visitOnce(place, agentPath(place), { headers: bearer(place), json: { message, stream: true }, ear }),
  },
  {
    dialect: 'tenant-chats',
    delivery: 'stream',
    endings: {
      whole: stream('{"event_type":"(?!error|message_stream_ended).*}\n', '{"event_type":"message_stream_ended".*}\n'),
      failed: stream('{"event_type":"(?!error|message_stream_ended).*}\n', '{"event_type":"error".*}\n'),
    },
    visit: visitTenantChats,
  },
  {
    dialect: 'widget',
    delivery: 'stream',
    endings: {
      whole: stream('data: {"type":"chunk".*}\n\n', 'data: {"type":"done".*}\n\n'),
      failed: stream('data: {"type":"chunk".*}\n\n', 'data: {"type":"error".*}\n\n'),
    },
    visit: (place, message, ear) =>
      visitOnce(place, '/api/v1/chat/stream', {
        json: { site_key: siteOf(place.agent), session_id: place.visitor, message },
        ear,
      }),
  },
  {
    dialect: 'openai',
    delivery: 'plain',
    visit: (place, content) =>
      visitOnce(place, openaiPath, { headers: bearer(place), json: completion(place, content, false) }),
  },
  {
    dialect: 'openai',
    delivery: 'stream',
    endings: {
      whole: stream('data: {"id":.*}\n\n', 'data: \\[DONE]\n\n'),
      // The vendor's own streams have no end mark after an error.
      failed: stream('data: {"id":.*}\n\n', 'data: {"error":.*}\n\n'),
    },
    visit: (place, content, ear) =>
      visitOnce(place, openaiPath, { headers: bearer(place), json: completion(place, content, true), ear }),
  },
];
