import type { AnyEndpoint, SocketEndpoint } from '../dialects/dialect.ts';
import { parseJson } from '../dialects/json.ts';
import { schemaGuard } from '../dialects/schema.ts';
import { GatewayError } from '../errors/index.ts';
import { createAddressGuard, openSocket } from '../network/index.ts';
import { createSseParser, type SseMessage } from '../sse/index.ts';
import { type Deviation } from './laws.ts';
import { ask, type ProbeRequest, type Target, withCredential } from './probe.ts';
import { factsOf, type Run, write } from './run.ts';

/** What followers of a conversation are told of a turn, to the end of its reply. */
export async function checkFeed(
  run: Run,
  endpoint: AnyEndpoint,
  question: ProbeRequest,
): Promise<readonly Deviation[]> {
  const { events, schema } = endpoint;
  const send = run.dialect.endpoints.find(({ operation }) => operation === 'send-message');
  if (endpoint.operation !== 'follow-conversation' || events === undefined || schema.event === undefined || !send)
    return [];
  const decode = endpoint.events?.decoder(factsOf(run));
  const file = schema.event;
  const heard: SseMessage[] = [];
  const stop = new AbortController();
  const isEnd = (message: SseMessage): boolean =>
    [...(decode?.(message) ?? [])].some(({ event }) => event.type === 'message' && event.message.role === 'assistant');
  const { type } = await listen(
    { target: run.target, question, stop },
    {
      opened: () => ask(run.target, write(run, send, {})),
      heard(message) {
        heard.push(message);
        return isEnd(message);
      },
    },
  );
  if (!type.startsWith('text/event-stream')) return [{ came: type, documented: 'text/event-stream' }];
  return judgeFrames(
    heard.map(({ data }) => data),
    file,
  );
}

interface Listening {
  readonly target: Target;
  readonly question: ProbeRequest;
  readonly stop: AbortController;
}

interface Listener {
  opened(): Promise<unknown>;
  /** Whether that was all. */
  heard(message: SseMessage): boolean;
}

async function listen({ target, question, stop }: Listening, listener: Listener): Promise<{ readonly type: string }> {
  const path = question.template.replace(/:(\w+)/g, (_place, name: string) => question.params[name] ?? '');
  const timeout = setTimeout(() => stop.abort(), target.timeoutMs);
  try {
    const headers = Object.entries(question.headers).map(([name, value]): [string, string] => [name, String(value)]);
    const answer = await fetch(`${target.url}${path}`, { headers, signal: stop.signal });
    const type = answer.headers.get('content-type') ?? 'no content type';
    const asked = listener.opened();
    const parser = createSseParser();
    // A body's pieces are bytes: the type of the list without any does not say so.
    for await (const bytes of answer.body ?? [])
      if (parser.push(bytes as Uint8Array).some((message) => listener.heard(message))) break;
    await asked;
    return { type };
  } finally {
    clearTimeout(timeout);
    stop.abort();
  }
}

/** A turn over a socket, to the end of its reply. */
export async function checkSocket(run: Run, socket: SocketEndpoint): Promise<readonly Deviation[]> {
  const { target, dialect, participant, conversationId = '' } = run;
  const facts = factsOf(run);
  const wire = socket.request.encode({ conversationId, participant, delivery: 'stream' }, facts);
  const asked = withCredential(dialect.credential, target, wire);
  const query = new URLSearchParams(
    Object.entries(asked.query).map(([name, value]): [string, string] => [name, String(value)]),
  );
  const headers = Object.fromEntries(Object.entries(asked.headers).map(([name, value]) => [name, String(value)]));
  const signal = AbortSignal.timeout(target.timeoutMs);
  const place = { baseUrl: target.url, connectMs: target.timeoutMs, addresses: createAddressGuard() };
  const refusal = ({ status }: { readonly status: number }) =>
    new GatewayError('upstream-rejected', `The handshake is refused: ${status}`);
  const client = await openSocket(
    { ...place, refusal },
    { path: `${socket.paths[0] ?? '/'}?${query.toString()}`, headers },
    signal,
  );
  const decode = socket.events.decoder(facts);
  const heard: string[] = [];
  const turn = { text: 'Do you ship to Canada?', attachments: [], activity: [], participant } as const;
  try {
    for await (const frames of client.frames()) {
      for (const data of frames) {
        if (heard.length === 0)
          client.send(socket.inbound.encode({ ...turn, delivery: 'stream', conversationId }, facts));
        heard.push(data);
        for (const { event } of decode({ data }))
          if (event.type === 'message' && event.message.role === 'assistant')
            return judgeFrames(heard, socket.schema.event);
      }
    }
    return [{ came: 'a socket that is closed', documented: 'the end of the reply before' }];
  } finally {
    client.close();
  }
}

function judgeFrames(frames: readonly string[], file: string): readonly Deviation[] {
  return frames
    .flatMap((data) => schemaGuard(file).violations(parseJson(data)))
    .slice(0, 3)
    .map(({ path, message }) => ({
      came: `an event whose ${path.join('.') || 'whole'} is not that`,
      documented: `${message} (schemas/${file})`,
    }));
}
