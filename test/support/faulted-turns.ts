import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text as textOf } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import { dataOf, openStream, send } from './client.ts';
import { runGateway, type TestGateway } from './gateway.ts';
import { openRedisWay, type RedisWay } from './redis-way.ts';

/** A moment on a turn's path: before or after a command of its process's, or something that its upstream does. */
export interface Point {
  readonly what: string;
  readonly when: 'before' | 'after';
}

/** What is stopped at a point: the process for good, the others as a connection that is lost once. */
export const stopped = ['process', 'store', 'backend'] as const;
export interface Fault extends Point {
  readonly stops: (typeof stopped)[number];
}

/** One time that the upstream was asked for a turn. */
interface Ask {
  readonly number: number;
  isOpen: boolean;
}

export interface TurnsOutcome {
  /** Every point that was come to, in order: but for what a process does of its own accord. */
  readonly points: readonly Point[];
  /** How often the upstream was asked, at most at one time, and after the turn had been answered. */
  readonly asks: number;
  readonly mostAtOnce: number;
  readonly asksAfter: number;
  /** The text that a client was answered, if it was, and those that it got again later at each process that is left. */
  readonly answer: string | undefined;
  readonly again: readonly (string | undefined)[];
  /** Role, text and status of each message. */
  readonly history: readonly (readonly string[])[];
  /** What a follower was told of replies, up to the first that is complete: words as they came, and ends. */
  readonly told: readonly { readonly content: string; readonly status: string; readonly toolName: string }[];
}

export interface FaultedTurns {
  /** Has a turn be asked for at a process of its own, until it is answered there or at another one, with a fault on its way. */
  run(fault?: Fault): Promise<TurnsOutcome>;
  close(): Promise<void>;
}

const headers = { 'x-api-key': 'demo-key' };
const admin = { authorization: 'Bearer demo-admin' };
const words = ['one ', 'two ', 'three'];
/** Longer than what is told to followers is gathered: each word is written by itself. */
const betweenMs = 130;
/** So long a process is watched before its turn. */
const idleMs = 1_000;
/** A lease of a moment, and dead after another. */
const feed = { leaseMs: 1_500, renewMs: 400, deadMs: 1_500 };

/** Another process over the same Redis, which nothing happens to. */
export async function openFaultedTurns(redisPort: number): Promise<FaultedTurns> {
  const prefix = `test-${randomUUID()}`;
  const asked = new Map<string, Ask[]>();
  const meetings = new Map<string, (what: string, when: Point['when']) => void>();
  const mostAtOnce = new Map<string, number>();
  const serving = new Map<string, readonly Promise<void>[]>();

  async function serve(request: IncomingMessage, response: ServerResponse, isWatched: boolean): Promise<void> {
    const body = await textOf(request);
    const name = /turn-[0-9a-f-]{36}/.exec(body)?.[0] ?? '';
    const served = answer(name, response, isWatched);
    if (isWatched) serving.set(name, [...(serving.get(name) ?? []), served]);
    await served;
  }
  async function answer(name: string, response: ServerResponse, isWatched: boolean): Promise<void> {
    const meet = (what: string, when: Point['when']): void => {
      if (isWatched) meetings.get(name)?.(what, when); // at the process that nothing happens to there is none
    };
    const asks = asked.get(name) ?? [];
    asked.set(name, asks);
    const ask = { number: asks.length + 1, isOpen: true };
    asks.push(ask);
    response.on('close', () => (ask.isOpen = false));
    mostAtOnce.set(name, Math.max(mostAtOnce.get(name) ?? 0, asks.filter(({ isOpen }) => isOpen).length));
    const step = async (what: string, act: () => void): Promise<void> => {
      meet(what, 'before');
      if (response.destroyed) return;
      act();
      await wait(betweenMs / 2);
      meet(what, 'after');
      await wait(betweenMs / 2);
    };
    const frame = (delta: object, finish: string | null) =>
      `data: ${JSON.stringify({ model: 'm', choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
    await step('head', () => {
      response.setHeader('content-type', 'text/event-stream').flushHeaders();
    });
    for (const word of [`${ask.number}: `, ...words]) {
      await step(`word ${word}`.replace(/\d: /, 'first'), () => response.write(frame({ content: word }, null)));
    }
    await step('finish', () => response.write(frame({}, 'stop')));
    await step('end', () => response.end('data: [DONE]\n\n'));
  }
  async function listen(isWatched: boolean): Promise<Server> {
    const server = createServer((request, response) => void serve(request, response, isWatched).catch(() => undefined)); // it was broken off
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return server;
  }
  const start = (upstream: Server, url: string): Promise<TestGateway> =>
    runGateway({
      feed,
      configure(demo) {
        const baseUrl = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}/v1`; // it listens
        demo.backends.llm = { type: 'openai', baseUrl, apiKey: 'k', model: 'm' };
        demo.store = { engine: 'redis', url, prefix };
        demo.tenants[0].keys[0].limits = {};
        for (const agent of demo.tenants[0].agents) agent.route = { backend: 'llm' };
      },
    });
  const ownUpstream = await listen(false);
  const other = await start(ownUpstream, `redis://127.0.0.1:${redisPort}`);

  async function ask(url: string, chat: string, message: string, signal?: AbortSignal): Promise<string | undefined> {
    try {
      const response = await fetch(`${url}/v1/chats/${chat}/messages`, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json', 'idempotency-key': message },
        body: JSON.stringify({ message, currentUrl: 'https://s.com/' }),
        ...(signal && { signal }),
      });
      const body = (await response.json()) as { readonly content?: string };
      return response.status === 201 ? body.content : undefined;
    } catch {
      return undefined; // it is asked again
    }
  }

  async function askUntilAnswered(url: string, chat: string, message: string): Promise<string | undefined> {
    for (let tried = 0; tried < 40; tried += 1) {
      if (tried > 0) await wait(500);
      const answer = await ask(url, chat, message);
      if (answer !== undefined) return answer;
    }
    return undefined;
  }

  async function run(fault?: Fault): Promise<TurnsOutcome> {
    const message = `turn-${randomUUID()}`;
    const points: Point[] = [];
    const upstream = await listen(true);
    const gone = new AbortController();
    let isMet = false;
    const idle = new Set<string>();
    const meet = (what: string, when: Point['when']): void => {
      if (idle.has(what)) return;
      const many = points.filter((point) => point.what.startsWith(`${what} #`) && point.when === when).length;
      const point = { what: `${what} #${many + 1}`, when };
      points.push(point);
      if (isMet || !isBegun || fault?.what !== point.what || fault.when !== when) return;
      isMet = true;
      if (fault.stops !== 'backend') way.cut();
      if (fault.stops === 'store') setImmediate(way.mend);
      else upstream.closeAllConnections();
      if (fault.stops !== 'process') return;
      upstream.close();
      gone.abort();
    };
    let isBegun = false;
    const way: RedisWay = await openRedisWay(redisPort, (command, when) => {
      if (isBegun) meet(command, when);
      else idle.add(command);
    });
    const own = await start(upstream, way.url);
    const begun = await send('POST', `${other.url}/api/v1/chats/`, { headers, json: { user_id: message } });
    const chat: string = begun.body.id;
    if (fault === undefined) await wait(idleMs); // to see it do nothing
    const stream = await openStream(`${other.url}/v1/chats/${chat}/events`, { headers });
    meetings.set(message, meet);
    isBegun = true;
    const first = await ask(own.url, chat, message, gone.signal);
    await Promise.allSettled(serving.get(message) ?? []);
    await wait(betweenMs); // what comes after an answer
    isBegun = false;
    const answer = first ?? (await askUntilAnswered(other.url, chat, message));
    const asks = asked.get(message)?.length ?? 0;
    const left = fault?.stops === 'process' ? [other] : [other, own];
    const again = await Promise.all(left.map(({ url }) => askUntilAnswered(url, chat, message)));
    const frames = await stream.until(({ data }) => data.includes('"completed"'));
    stream.leave();
    const found = await send('GET', `${other.url}/admin/v1/conversations/${chat}/messages`, { headers: admin });
    await own.close();
    await way.close();
    upstream.closeAllConnections();
    upstream.close();
    return {
      points,
      asks,
      mostAtOnce: mostAtOnce.get(message) ?? 0,
      asksAfter: (asked.get(message)?.length ?? 0) - asks,
      answer,
      again,
      history: found.body.entries.map(({ role, text, status }: Record<string, string>) => [role, text, status]),
      told: dataOf(frames),
    };
  }
  return {
    run,
    async close() {
      await other.close();
      ownUpstream.closeAllConnections();
      ownUpstream.close();
    },
  };
}
