import type { AnyEndpoint, Dialect, Exchange } from '../dialects/dialect.ts';
import { parseJson } from '../dialects/json.ts';
import { schemaGuard } from '../dialects/schema.ts';
import { toGatewayError } from '../errors/index.ts';
import { createSseParser } from '../sse/index.ts';
import type { Heard } from './probe.ts';

/** What came, beside what is documented. */
export interface Deviation {
  readonly came: string;
  readonly documented: string;
}

/** What an answer that is to be a document has wrong. */
export function judgeDocument(endpoint: AnyEndpoint, heard: Heard, exchange: Exchange): readonly Deviation[] {
  const found = [...judgeStatus(heard, endpoint.status ?? 200), ...judgeType(heard, 'application/json')];
  const body = parseJson(heard.body);
  const { response: file } = endpoint.schema;
  if (file === undefined) return found;
  const wrong = [...found, ...judgeShape(body, file)];
  if (wrong.length > 0) return wrong;
  return attempt(() => endpoint.response?.decode({ status: heard.status, headers: heard.headers, body }, exchange));
}

/** What an answer that is to be a stream has wrong: its frames, their order, its end. */
export function judgeStream(endpoint: AnyEndpoint, heard: Heard, exchange: Exchange): readonly Deviation[] {
  const found = [...judgeStatus(heard, endpoint.status ?? 200), ...judgeType(heard, 'text/event-stream')];
  const { events, schema } = endpoint;
  if (events === undefined || schema.event === undefined || found.length > 0) return found;
  const parser = createSseParser();
  const messages = [...parser.push(Buffer.from(heard.body)), ...parser.end()];
  const file = schema.event;
  const shapes = messages
    .filter(({ data }) => data.startsWith('{'))
    .flatMap(({ data }) => judgeShape(parseJson(data), file));
  if (shapes.length > 0) return shapes.slice(0, 3);
  const types: string[] = [];
  const failures = attempt(() => {
    const decode = events.decoder(exchange);
    for (const message of messages)
      for (const event of decode(message)) types.push('type' in event ? event.type : 'entry');
  });
  if (failures.length > 0) return failures;
  if (types[0] === 'reply-start' && types.at(-1) === 'reply-end' && types.indexOf('reply-end') === types.length - 1)
    return [];
  return [
    {
      came: `a stream that ends with ${messages.at(-1)?.data.slice(0, 80) ?? 'nothing'}`,
      documented: 'the end of the reply, once, and last',
    },
  ];
}

/** What an answer that is to be an error has wrong. */
export function judgeError(dialect: Dialect, heard: Heard, statuses: readonly number[]): readonly Deviation[] {
  return [
    ...(statuses.includes(heard.status)
      ? []
      : [{ came: `status ${heard.status}`, documented: `status ${statuses.join(' or ')}` }]),
    ...judgeType(heard, 'application/json'),
    ...judgeShape(parseJson(heard.body), dialect.errors.schema),
  ];
}

function judgeStatus({ status }: Heard, documented: number): readonly Deviation[] {
  return status === documented ? [] : [{ came: `status ${status}`, documented: `status ${documented}` }];
}

/** JSON and events are UTF-8, whether that is said or not. */
function judgeType({ headers }: Heard, documented: string): readonly Deviation[] {
  const came = headers['content-type'] ?? 'no content type';
  const [type, charset = ''] = came
    .toLowerCase()
    .split(';')
    .map((part) => part.trim());
  const isRight = type === documented && (charset === '' || /^charset="?utf-8"?$/.test(charset));
  return isRight ? [] : [{ came, documented: `${documented}, in UTF-8` }];
}

function judgeShape(value: unknown, file: string): readonly Deviation[] {
  return schemaGuard(file)
    .violations(value)
    .slice(0, 3)
    .map(({ path, message, value: came }) => ({
      came: `${path.join('.') || 'the body'}: ${came === undefined ? 'nothing' : JSON.stringify(came).slice(0, 80)}`,
      documented: `${message} (schemas/${file})`,
    }));
}

function attempt(read: () => unknown): readonly Deviation[] {
  try {
    read();
    return [];
  } catch (thrown) {
    return [{ came: toGatewayError(thrown).message, documented: 'what the documents say in this place' }];
  }
}
