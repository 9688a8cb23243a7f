import { randomUUID } from 'node:crypto';
import type { AnyEndpoint, Dialect, WireRequest } from '../dialects/dialect.ts';
import { parseJson } from '../dialects/json.ts';
import { dialects } from '../dialects/registry.ts';
import { schemaGuard } from '../dialects/schema.ts';
import { GatewayError } from '../errors/index.ts';
import { Unreachable } from '../network/index.ts';
import { checkFeed, checkSocket } from './followed.ts';
import { type Deviation, judgeDocument, judgeError, judgeStream } from './laws.ts';
import { ask, type Heard, type Target, withCredential } from './probe.ts';
import { factsOf, type Run, write } from './run.ts';

/** One law, tried: `not offered` is said of optional operations alone. */
export interface Checked {
  readonly operation: string;
  readonly law: string;
  readonly verdict: 'passed' | 'deviates' | 'not offered';
  readonly deviations: readonly Deviation[];
}

/** Holds a server against a dialect's documents. Throws `Unreachable`, and for a dialect that there is none of. */
export async function conform(name: string, target: Target): Promise<readonly Checked[]> {
  const dialect = dialects.find(({ name: known }) => known === name);
  if (dialect === undefined)
    throw new Error(`There is no dialect ${name}; there are ${dialects.map((each) => each.name).join(', ')}`);
  const participant = { userId: randomUUID(), sessionId: randomUUID() };
  const run: Run = { dialect, target, participant, ...(target.agent !== undefined && { agent: target.agent }) };
  const checked: Checked[] = [];
  for (const endpoint of inOrder(dialect)) checked.push(...(await checkEndpoint(run, endpoint)));
  for (const socket of dialect.sockets ?? []) {
    const operation = `${socket.operation} WebSocket ${socket.paths[0] ?? ''}`;
    checked.push(await tryLaw(run, { operation, law: 'answers over the socket' }, () => checkSocket(run, socket)));
  }
  // A socket may be open there for a while: what is deleted is a conversation that has none.
  for (const endpoint of dialect.endpoints.filter(({ operation }) => operation === 'create-conversation'))
    await beginAnew(run, endpoint);
  for (const endpoint of dialect.endpoints.filter(isLast)) checked.push(...(await checkEndpoint(run, endpoint)));
  return checked;
}

const isLast = ({ operation }: AnyEndpoint): boolean => operation === 'delete-conversation';
const rank = ({ operation }: AnyEndpoint): number =>
  ['list-agents', 'create-conversation', 'send-message'].toReversed().indexOf(operation);

/** What others need first; what ends it all is left out. */
function inOrder({ endpoints }: Dialect): readonly AnyEndpoint[] {
  return endpoints.filter((each) => !isLast(each)).toSorted((one, other) => rank(other) - rank(one));
}

type Judge = () => Promise<readonly Deviation[] | 'not offered'>;

async function tryLaw(
  run: Run,
  { operation, law }: Pick<Checked, 'operation' | 'law'>,
  judge: Judge,
): Promise<Checked> {
  const found = await judge().catch((failure: unknown) => {
    // Who has answered before is there.
    if (failure instanceof Unreachable && run.hasAnswered !== true) throw failure;
    return [{ came: `an answer that breaks off: ${String(failure)}`, documented: 'a whole answer' }];
  });
  run.hasAnswered = true;
  if (found === 'not offered') return { operation, law, verdict: found, deviations: [] };
  return { operation, law, verdict: found.length === 0 ? 'passed' : 'deviates', deviations: found };
}

async function checkEndpoint(run: Run, endpoint: AnyEndpoint): Promise<readonly Checked[]> {
  const operation = `${endpoint.operation} ${endpoint.method} ${endpoint.paths[0] ?? ''}`;
  const tried = (law: string, judge: Judge): Promise<Checked> => tryLaw(run, { operation, law }, judge);
  const question = write(run, endpoint, {});
  const checked: Checked[] = [];
  if (endpoint.response !== undefined) {
    checked.push(
      await tried('answers with the document', async () => {
        const heard = await ask(run.target, question);
        if (isMissing(heard) && endpoint.optional === true) return 'not offered';
        const found = judgeDocument(endpoint, heard, factsOf(run));
        if (found.length === 0) learn(run, endpoint, heard);
        return found;
      }),
    );
    if (checked[0]?.verdict === 'not offered') return checked;
  }
  if (endpoint.events !== undefined) {
    const streamed = write(run, endpoint, { delivery: 'stream' });
    checked.push(
      await tried('answers with the stream', async () =>
        endpoint.operation === 'follow-conversation'
          ? checkFeed(run, endpoint, streamed)
          : judgeStream(endpoint, await ask(run.target, streamed), factsOf(run)),
      ),
    );
  }
  checked.push(
    await tried('refuses who is unknown', async () =>
      judgeError(
        run.dialect,
        await ask(run.target, { ...question, ...withStranger(run, question) }),
        statusesOf(run, unknownCaller),
      ),
    ),
  );
  if (endpoint.method === 'POST' && endpoint.bodyForm !== 'multipart')
    checked.push(
      await tried('refuses what lacks everything', async () => {
        const empty = withCredential(run.dialect.credential, run.target, { ...question, body: {} });
        return judgeError(
          run.dialect,
          await ask(run.target, { ...question, ...empty }),
          statusesOf(run, [refusalOf(endpoint, empty)]),
        );
      }),
    );
  return checked;
}

const isMissing = ({ status }: Heard): boolean => [404, 405, 501].includes(status);

/** The same request of somebody whom nobody knows. */
function withStranger({ dialect: { credential }, target }: Run, question: WireRequest): WireRequest {
  const bare = {
    ...question,
    headers: Object.fromEntries(
      Object.entries(question.headers).filter(
        ([name]) => credential.kind === 'site' || !credential.headers.includes(name),
      ),
    ),
  };
  if (credential.kind !== 'site') return bare;
  const without = (value: unknown): unknown =>
    typeof value !== 'object' || value === null || value instanceof FormData
      ? value
      : Object.fromEntries(Object.entries(value).filter(([name]) => !credential.siteFields.includes(name)));
  const body = bare.body instanceof FormData ? new FormData() : without(bare.body);
  const stranger = { ...bare, body, query: without(bare.query) as WireRequest['query'] };
  return body instanceof FormData
    ? stranger
    : withCredential(credential, { ...target, site: 'sk_nobody_knows' }, stranger);
}

/** The statuses by which these errors are told. */
function statusesOf({ dialect }: Run, errors: readonly GatewayError[]): readonly number[] {
  const facts = { replyId: randomUUID(), receivedAt: new Date().toISOString() };
  return [...new Set(errors.map((error) => dialect.errors.encode(error, facts).status))];
}

const unknownCaller = (['unauthenticated', 'not-found', 'invalid-request'] as const).map(
  (code) => new GatewayError(code, 'Refused'),
);

function refusalOf({ schema }: AnyEndpoint, wire: WireRequest): GatewayError {
  const { params, query, headers, body } = wire;
  const violations = schemaGuard(schema.request).violations({ params, query, headers, body });
  return new GatewayError('invalid-request', 'Refused', { violations });
}

async function beginAnew(run: Run, endpoint: AnyEndpoint): Promise<void> {
  const heard = await ask(run.target, write(run, endpoint, {}));
  if (judgeDocument(endpoint, heard, factsOf(run)).length === 0) learn(run, endpoint, heard);
}

/** Ids for what comes later. */
function learn(run: Run, endpoint: AnyEndpoint, { status, headers, body }: Heard): void {
  const said = endpoint.response?.decode({ status, headers, body: parseJson(body) }, factsOf(run));
  if (endpoint.operation === 'create-conversation' && said !== undefined && 'id' in said)
    run.conversationId = String(said.id);
  if (endpoint.operation === 'list-agents' && said !== undefined && 'agents' in said)
    run.agent ??= said.agents[0]?.slug ?? '';
}
