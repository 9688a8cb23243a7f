import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type CostedGateway, startCosted } from '../support/costed-gateway.ts';
import { makeKnown } from '../support/fuzz-gateway.ts';
import { goodRequests, served, toRaw } from '../support/fuzz-requests.ts';
import { ask, openConnection, type RawRequest, toBytes } from '../support/fuzz-wire.ts';
import { worstBodies } from '../support/worst-values.ts';

let gateway: CostedGateway;
beforeAll(async () => {
  gateway = await startCosted();
});
afterEach(async () => {
  expect(await ask(gateway.url, { method: 'GET', target: '/healthz', headers: {} })).toMatchObject({ status: 200 });
});
afterAll(() => gateway.close());

/** CPU that refusing anything may cost the gateway, in milliseconds. */
const maxCpuMs = 100;
/** What costs so much is tried again, for what it costs at least. */
const dearMs = 40;

interface Spent {
  readonly status: number;
  readonly cpuMs: number;
}

/** The least of what it cost on a connection of its own, as soon as that is little enough. */
async function leastOf(request: RawRequest): Promise<Spent> {
  const bytes = toBytes({ ...request, headers: { ...request.headers, connection: 'close' } });
  const ask = async () => {
    const connection = await openConnection(gateway.url);
    connection.send(bytes);
    const answer = await connection.answer({});
    connection.close();
    return answer;
  };
  const { told, cpuMs } = await gateway.leastCostOf(ask, { tries: 6, enoughMs: dearMs });
  return { status: told?.status ?? Number.NaN, cpuMs };
}

const takingJson = served.filter(
  ({ endpoint: { bodyForm, method } }) => bodyForm !== 'multipart' && !['GET', 'DELETE'].includes(method),
);

/** What costs the most of a kind, told for whoever changes a schema. */
function tellDearest(spent: readonly (Spent & { readonly name: string })[]): void {
  const dearest = spent.toSorted((left, right) => right.cpuMs - left.cpuMs).slice(0, 3);
  console.log(
    spent.length,
    dearest.map(({ name, status, cpuMs }) => `${cpuMs.toFixed(0)} ms ${status} ${name}`).join('; '),
  );
}

/** The fields that were tried, by dialect: each has its own way of telling what is wrong. */
const known = new Map<string, Set<string>>();
const knownOf = (dialect: string): Set<string> => {
  const fields = known.get(dialect) ?? new Set();
  known.set(dialect, fields);
  return fields;
};

describe.each(takingJson)('$name', ({ dialect, endpoint }) => {
  it('refuses no body at more than a tenth of a second of work', async () => {
    const [good] = goodRequests(dialect, endpoint, await makeKnown(gateway));
    if (good === undefined) throw new Error('an endpoint without documents');
    const raw = toRaw(good);
    const spent: (Spent & { readonly name: string })[] = [];
    for (const body of worstBodies(endpoint.schema.request, good.wire.body, knownOf(dialect.name))) {
      spent.push({ name: `${body.slice(0, 60)}… of ${body.length}`, ...(await leastOf({ ...raw, body })) });
    }
    tellDearest(spent);
    expect(spent.filter(({ cpuMs }) => cpuMs > maxCpuMs)).toEqual([]);
    // 501: no folder for backups is configured.
    expect(spent.filter(({ status }) => !(status < 500 || status === 501))).toEqual([]);
  }, 120_000);
});
