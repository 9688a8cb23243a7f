import type { Takable } from '../../canonical/index.ts';
import type { OpenaiBackendSettings } from '../../config/index.ts';
import { messageOf } from '../../dialects/vendor-error.ts';
import { codeNamed } from '../../dialects/vendor-failures.ts';
import { GatewayError } from '../../errors/index.ts';
import type { Origin, OriginAnswer } from '../../network/index.ts';
import type { Trace } from '../../observability/trace.ts';
import { createKeys } from './keys.ts';
import type { LanguageModel, ModelMessage, ModelRequest } from './model.ts';
import { merged } from './quirks.ts';
import { type AnswerDecoding, readAnswer } from './read-answer.ts';
import { errorOf, refusalOf, type Unsaid } from './refusals.ts';

/** How a vendor is asked, as data and pure functions. */
export interface VendorProtocol extends AnswerDecoding {
  readonly path: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  /** The header that a key stands in. */
  authorise(key: string): Readonly<Record<string, string>>;
  /** Quirks that the configuration tells. */
  readonly told?: readonly string[];
  encode(request: ModelRequest): object;
  /** What a request can say of what the client asks of the model. */
  readonly takes: ReadonlySet<Takable>;
  /** The request as a server with these quirks takes it. */
  bend?(body: object, quirks: ReadonlySet<string>): object;
  /** What of the request a refusal names that can be said in another way; `undefined` if there is none. */
  quirkIn?(error: unknown, body: object): string | undefined;
  /** Whether a quirk that helped with a request would help with any: it may have come of what the client wishes beside it. */
  isOfServer?(quirk: string, request: ModelRequest): boolean;
  /** The request without that wish of its client's which a refusal names; `undefined` if it names none. */
  withoutWish?(error: unknown, request: ModelRequest): ModelRequest | undefined;
}

export interface HttpModelOptions {
  readonly origin: Origin;
  readonly protocol: VendorProtocol;
  readonly settings: RequestSettings;
  /** Called once with each quirk that was found out: the server is asked so from then on. */
  learnt(quirk: string): void;
}

/** What the configuration says of every request. */
export type RequestSettings = Pick<
  OpenaiBackendSettings,
  'apiKey' | 'apiKeys' | 'body' | 'query' | 'path' | 'streaming' | 'headers'
>;

/** A vendor's model behind HTTP. */
export function createHttpModel({ origin, protocol, settings, learnt }: HttpModelOptions): LanguageModel {
  const headers = {
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    ...protocol.headers,
  };
  // They stand in for the vendor's own.
  const configured = Object.fromEntries(
    Object.entries(settings.headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
  const all = [...(settings.apiKey === undefined ? [] : [settings.apiKey]), ...settings.apiKeys];
  const keys = createKeys(all);
  const heads = new Map(
    [undefined, ...all].map((key) => [
      key,
      { ...headers, ...(key !== undefined && protocol.authorise(key)), ...configured },
    ]),
  );
  const path = pathOf(settings.path ?? protocol.path, settings.query);
  const isBodyGiven = Object.keys(settings.body).length > 0;
  const secrets = [...all, ...Object.values({ ...headers, ...configured })].flatMap((value) => [
    value,
    value.replace(/^\w+ /, ''),
  ]);
  const unsaidOf = ({ messages }: ModelRequest): Unsaid => ({ secrets, texts: messages.flatMap(textsOf) });
  const known = new Set<string>(protocol.told);
  /**
   * Asks until it is answered, or refused for something that cannot be asked in another way. What a client wishes and the server
   * refuses is left out of this request alone, and such a request tells nothing of the server.
   */
  const begin = async (request: ModelRequest, signal: AbortSignal, trace?: Trace): Promise<OriginAnswer> => {
    let asked = request;
    let usual = protocol.encode(asked);
    const tried = new Set(known);
    for (let refused = 0; ; ) {
      const bent = protocol.bend?.(usual, tried) ?? usual;
      const sent = isBodyGiven ? merged(bent, settings.body) : bent;
      const key = keys.next();
      const own = heads.get(key) ?? headers;
      const head = trace === undefined ? own : { ...own, traceparent: trace.header };
      const answer = await origin.send({ method: 'POST', path, headers: head, body: JSON.stringify(sent) }, signal);
      if (answer.status < 300) {
        if (asked === request) learnFrom(tried, request);
        return answer;
      }
      const error = await errorOf(answer);
      signal.throwIfAborted(); // what was being read then says little
      const isAbout = isAboutRequest(answer, error);
      const less = isAbout ? protocol.withoutWish?.(error, asked) : undefined;
      if (less !== undefined) {
        asked = less;
        usual = protocol.encode(asked);
        continue;
      }
      const quirk = isAbout ? protocol.quirkIn?.(error, sent) : undefined;
      if (quirk !== undefined && !tried.has(quirk)) {
        tried.add(quirk);
        continue;
      }
      const refusal = refusalOf(answer, error, unsaidOf(request));
      const { retryAfterMs } = refusal.details;
      const { status } = answer;
      refused += 1;
      const code = aboutKeys.has(status) ? refusal.code : codeNamed(error);
      if (!keys.failed(key, { status, code, retryAfterMs }) || refused >= all.length) throw refusal;
    }
  };
  const learnFrom = (tried: ReadonlySet<string>, request: ModelRequest): void => {
    for (const quirk of tried) {
      if (known.has(quirk) || protocol.isOfServer?.(quirk, request) === false) continue;
      known.add(quirk);
      learnt(quirk);
    }
  };
  const streaming = deliveries[settings.streaming];
  return {
    ask: (request, signal, trace) =>
      readAnswer(
        () => begin(streaming === undefined ? request : { ...request, delivery: streaming }, signal, trace),
        protocol,
        signal,
      ),
    quirks: () => [...known].filter((quirk) => protocol.told?.includes(quirk) !== true),
    close: () => origin.close(),
  };
}

/** Of the model, whatever the client asks for. */
const deliveries: Readonly<Record<RequestSettings['streaming'], ModelRequest['delivery'] | undefined>> = {
  auto: undefined,
  always: 'stream',
  never: 'whole',
};

function pathOf(path: string, query: RequestSettings['query']): string {
  const parameters = new URLSearchParams(query).toString();
  return parameters === '' ? path : `${path}?${parameters}`;
}

/** What stopped without an end. */
export function cutOff(): GatewayError {
  return new GatewayError('upstream-protocol', 'The model stopped in the middle of its answer');
}

const textsOf = (message: ModelMessage): readonly string[] => (message.role === 'tools' ? [] : [message.text]);

/** With these a key's failure may be told in words. With others they may be a client's own, quoted: there it takes the vendor's name for it. */
const aboutKeys: ReadonlySet<number> = new Set([401, 402, 403, 429]);

/** Whether a refusal is about what the request says. Some servers call that a failure of theirs, and say so in words. */
const isAboutRequest = ({ status }: OriginAnswer, error: unknown): boolean =>
  status === 400 ||
  status === 422 ||
  ((status === 500 || status === 501) &&
    /not support|unsupported|not permitted|cannot use|got null/i.test(messageOf(error)));
