import { join } from 'node:path';
import type { AnyEndpoint, Dialect } from '../../src/dialects/dialect.ts';
import { schemaGuard } from '../../src/dialects/schema.ts';
import { send } from './client.ts';
import { type Known, knownUser, parrot, secrets, withNeighbour } from './fuzz-requests.ts';
import type { RawAnswer } from './fuzz-wire.ts';
import { runGateway, type TestGateway } from './gateway.ts';

/** The demo with a neighbour, answered by a parrot or by its own catalogue, and the session that the documents name. */
export async function runHardened(answeredBy: 'parrot' | 'catalogue' = 'parrot'): Promise<TestGateway> {
  const backends = answeredBy === 'parrot' ? { shop: parrot } : {};
  const configure = (demo: any): void => {
    withNeighbour(demo);
    demo.store.backups = join(demo.store.path, '..', 'backups');
  };
  const gateway = await runGateway({ configure, backends });
  await send('POST', `${gateway.url}/admin/v1/sites/${secrets.site}/sessions/sess_abc/nudges`, {
    headers: { authorization: `Bearer ${secrets.adminToken}` },
    json: { text: 'Need help?' },
  });
  return gateway;
}

/** A new conversation of the demo's tenant, or of another key's, with the user that the documents name. */
export async function makeKnown(gateway: Pick<TestGateway, 'url'>, key: string = secrets.key): Promise<Known> {
  const chat = await send('POST', `${gateway.url}/api/v1/chats`, {
    headers: { 'x-api-key': key },
    json: { user_id: knownUser },
  });
  return { conversationId: chat.body.id };
}

/** What is wrong with an answer by the dialect's own schemas; empty if nothing is. */
export function faultsOf(dialect: Dialect, endpoint: AnyEndpoint | undefined, answer: RawAnswer): readonly string[] {
  const { status, headers, body } = answer;
  const type = headers['content-type'] ?? '';
  if (status === 204) return body === '' ? [] : ['204 with a body'];
  if (type.startsWith('text/event-stream')) return streamFaults(endpoint, answer);
  if (!/^application\/json/.test(type)) return [`the content type is ${type || 'missing'}`];
  const isError = status >= 400;
  const schema = isError ? dialect.errors.schema : endpoint?.schema.response;
  if (schema === undefined) return ['an answer that no schema describes'];
  const violations = schemaGuard(schema).violations(JSON.parse(body));
  return violations.map(({ path, message }) => `${path.join('.')} ${message}`);
}

function streamFaults(endpoint: AnyEndpoint | undefined, { status, body }: RawAnswer): readonly string[] {
  if (status !== 200 || endpoint?.schema.event === undefined) return [`a stream with status ${status}`];
  const guard = schemaGuard(endpoint.schema.event);
  return [...body.matchAll(/^data: (.*)$/gm)]
    .map(([, data = '']) => data)
    .filter((data) => data !== '[DONE]')
    .flatMap((data) => guard.violations(JSON.parse(data)).map(({ path, message }) => `${path.join('.')} ${message}`));
}
