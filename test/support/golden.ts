import { existsSync, readdirSync, readFileSync } from 'node:fs';
import type { Dialect, DialectName, Exchange } from '../../src/dialects/dialect.ts';
import { GatewayError, type GatewayErrorDetails, isErrorCode } from '../../src/errors/index.ts';

/**
 * A documented request, answer or error: `test/golden/<dialect>/<base>.<name>.<kind>.json`, where `<base>` names the endpoint by
 * its schema, `schemas/<dialect>/<base>.request.json`.
 */
export interface GoldenDocument {
  readonly file: string;
  readonly base: string;
  readonly kind: 'request' | 'response' | 'error';
  /** Where it is documented, or that it is our choice. */
  readonly source: string;
  readonly exchange: Exchange;
  readonly wire: Wire;
  /** What encoding again gives, where it is rightly not the same. */
  readonly normalised: Wire;
  /** The error that is rendered so, where the file tells it. */
  readonly error?: GatewayError;
  /** The request whose refusal is rendered so, where the file tells it. */
  readonly refused?: Wire;
}

/** What a file tells of a request or a response; what it leaves out is empty. */
export interface Wire {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly status?: number;
  readonly body?: unknown;
}

/** A documented stream, `<base>.<name>.stream.txt`, or WebSocket frames, one a line: `….frames.txt` out, `….inbound.txt` in. */
export interface GoldenStream {
  readonly file: string;
  readonly base: string;
  readonly name: string;
  readonly kind: 'stream' | 'frames' | 'inbound';
  readonly bytes: Uint8Array;
}

const root = new URL('../golden/', import.meta.url);

/** A conversation's id as the documents of each kind of dialect print it. */
const documentedIds: Readonly<Record<Dialect['conversationIds'], string>> = {
  uuid: 'ab12cd34-ef56-7890-ab12-cd34ef567890',
  prefixed: 'conv_abc123',
  integer: '50',
  text: 'c8a7d9f6-e4b1-42d3-8c2e-5a8d4f31b96f',
};

/** What was asked, for the dialects whose answers repeat it, or are as they were asked for. */
const documentedTurns: Partial<Readonly<Record<DialectName, NonNullable<Exchange['turn']>>>> = {
  openai: { agent: 'support-agent', extra: { openai: { stream_options: { include_usage: true } } } },
};

/** The exchange of a golden file that tells none. */
export function documentedExchange({ conversationIds, name }: Pick<Dialect, 'conversationIds' | 'name'>): Exchange {
  const turn = documentedTurns[name];
  return Object.freeze({
    ...(turn && { turn }),
    replyId: 'f1e2d3c4-b5a6-4890-b1c2-d3e4f5a6b7c8',
    conversationId: documentedIds[conversationIds],
    receivedAt: '2025-07-08T16:32:15Z',
  });
}

/** Every golden document of a dialect. Throws on a file whose name or content is not as above. */
export function readGoldenDocuments(dialect: Dialect): readonly GoldenDocument[] {
  return filesOf(dialect)
    .filter((file) => file.endsWith('.json'))
    .map((file) => readDocument(dialect, file));
}

/** Every golden stream of a dialect. */
export function readGoldenStreams({ name: dialect }: Dialect): readonly GoldenStream[] {
  return filesOf({ name: dialect }).flatMap((file) => {
    const [, base, name, kind] = /^([a-z-]+)\.([a-z0-9-]+)\.(stream|frames|inbound)\.txt$/.exec(file) ?? [];
    if (base === undefined || name === undefined || !isStreamKind(kind)) return [];
    return [{ file, base, name, kind, bytes: readFileSync(new URL(`${dialect}/${file}`, root)) }];
  });
}

/** Names in a dialect's folder that are neither documents nor streams. */
export function strayGoldenFiles({ name }: Dialect): readonly string[] {
  const known = /^[a-z-]+\.[a-z0-9-]+\.((request|response|error)\.json|(stream|frames|inbound)\.txt)$/;
  return filesOf({ name }).filter((file) => !known.test(file));
}

function filesOf({ name }: Pick<Dialect, 'name'>): readonly string[] {
  const folder = new URL(`${name}/`, root);
  return existsSync(folder) ? readdirSync(folder).sort() : [];
}

function readDocument(dialect: Dialect, file: string): GoldenDocument {
  const [base = '', , kind] = file.split('.');
  const content = JSON.parse(readFileSync(new URL(`${dialect.name}/${file}`, root), 'utf8')) as Written; // checked below
  const { source, wire, normalised, reason, exchange, given } = content;
  const error = content.error ?? given?.error;
  if (!isDocumentKind(kind)) throw new Error(`${file}: no kind of golden file`);
  if (!source || !wire) throw new Error(`${file}: needs source and wire`);
  if (normalised !== undefined && !reason) throw new Error(`${file}: normalised needs a reason`);
  return {
    file,
    base,
    kind,
    source,
    exchange: exchange ?? documentedExchange(dialect),
    wire,
    normalised: normalised ?? wire,
    ...(error && { error: makeError(error, file) }),
    ...(given?.request && { refused: given.request }),
  };
}

/** A file's content, before it is checked. */
interface Written {
  readonly source?: string;
  readonly reason?: string;
  readonly exchange?: Exchange;
  readonly wire?: Wire;
  readonly normalised?: Wire;
  readonly error?: WrittenError;
  readonly given?: { readonly error?: WrittenError; readonly request?: Wire };
}

interface WrittenError {
  readonly code: string;
  readonly message: string;
  readonly details?: GatewayErrorDetails;
}

function makeError({ code, message, details }: WrittenError, file: string): GatewayError {
  if (!isErrorCode(code)) throw new Error(`${file}: ${code} is no error code`);
  return new GatewayError(code, message, details);
}

const isDocumentKind = (kind: unknown): kind is GoldenDocument['kind'] =>
  kind === 'request' || kind === 'response' || kind === 'error';

const isStreamKind = (kind: unknown): kind is GoldenStream['kind'] =>
  kind === 'stream' || kind === 'frames' || kind === 'inbound';
