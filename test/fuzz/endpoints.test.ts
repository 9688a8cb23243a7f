import { monitorEventLoopDelay } from 'node:perf_hooks';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { adminApi } from '../../src/admin/index.ts';
import type { AnyEndpoint, Dialect } from '../../src/dialects/dialect.ts';
import { createDialectFinder, pathOf } from '../../src/http/request-head.ts';
import { faultsOf, makeKnown, runHardened } from '../support/fuzz-gateway.ts';
import {
  type Damage,
  damage,
  damaged,
  edit,
  editedWire,
  fuzzRuns,
  fuzzSettings,
  misdirected,
  oddHeader,
} from '../support/fuzz-mutations.ts';
import {
  credentialHeaders,
  goodRequests,
  type Known,
  served,
  servedDialects,
  toRaw,
} from '../support/fuzz-requests.ts';
import {
  ask,
  openConnection,
  type RawAnswer,
  type RawConnection,
  type RawRequest,
  toBytes,
} from '../support/fuzz-wire.ts';
import type { TestGateway } from '../support/gateway.ts';

let gateway: TestGateway;
let connection: RawConnection;
let known: Known;
let asked = 0;
let statuses: Map<number, number>;
const delays = monitorEventLoopDelay({ resolution: 10 });

async function start(answeredBy: 'parrot' | 'catalogue'): Promise<void> {
  gateway = await runHardened(answeredBy);
  connection = await openConnection(gateway.url);
  known = await makeKnown(gateway);
  asked = 0;
  statuses = new Map();
  delays.reset();
  delays.enable();
}

const dialectOf = createDialectFinder(servedDialects, adminApi);
const templates = served.map(({ endpoint }) => ({
  endpoint,
  shapes: endpoint.paths.map((path) => new RegExp(`^${path.replace(/:\w+/g, '[^/]+')}$`)),
}));

function endpointOf({ method, target }: RawRequest): AnyEndpoint | undefined {
  // A slash at the end says nothing.
  const path = pathOf(target).replace(/(?<=.)\/$/, '');
  return templates.find(
    ({ endpoint, shapes }) => endpoint.method === method && shapes.some((shape) => shape.test(path)),
  )?.endpoint;
}

/** The gateway's own pages are of no dialect. */
const isOwnPage = ({ target }: RawRequest) => /^\/(metrics|healthz|readyz|openapi|uploads)/.test(target);

/** Sends on the one connection while it lives. What was cut is ended, so that nobody waits for the rest. */
async function exchange(request: RawRequest, harm: Damage): Promise<RawAnswer | undefined> {
  const whole = toBytes(request);
  const bytes = damaged(whole, harm);
  const isBroken = !bytes.equals(whole);
  if (isBroken || connection.socket.readyState !== 'open') {
    connection.close();
    connection = await openConnection(gateway.url);
  }
  connection.send(bytes);
  if (isBroken) connection.finish();
  const answer = await connection.answer(request);
  const isStream = answer?.headers['content-type']?.startsWith('text/event-stream');
  if (isBroken || isStream || answer?.headers['connection'] === 'close') connection.close();
  if (!isBroken && answer === undefined) throw new Error('closed without an answer');
  return answer;
}

function expectWell(request: RawRequest, answer: RawAnswer, isDamaged: boolean): void {
  const story = `${request.method} ${request.target} → ${answer.status} ${answer.body.slice(0, 500)}`;
  expect(answer.status < 500 || answer.status === 501, story).toBe(true);
  if (request.method === 'HEAD' || isOwnPage(request)) return;
  expect(answer.headers, story).not.toHaveProperty('x-evil');
  if (!isDamaged) expect(faultsOf(dialectOf(pathOf(request.target)), endpointOf(request), answer), story).toEqual([]);
  else expect(fitsAny(answer), story).toBe(true);
}

function choose<T>(list: readonly T[], at: number): T {
  const chosen = list[at % list.length];
  if (chosen === undefined) throw new Error('There is nothing to choose from');
  return chosen;
}

/** Bits that turned over may have made it a request of another dialect, or of none. */
function fitsAny(answer: RawAnswer): boolean {
  const fits = (dialect: Dialect, endpoint?: AnyEndpoint) => faultsOf(dialect, endpoint, answer).length === 0;
  return answer.status === 204 || answer.body === '' || served.some(({ dialect, endpoint }) => fits(dialect, endpoint));
}

describe.each([
  { answeredBy: 'parrot', share: 0.7 },
  { answeredBy: 'catalogue', share: 0.3 },
] as const)('a gateway that a $answeredBy answers for', ({ answeredBy, share }) => {
  beforeAll(() => start(answeredBy));
  afterAll(() => gateway.close());

  it(
    'no change of a good request breaks it',
    async () => {
      const cases = fc.record({
        which: fc.nat(),
        example: fc.nat(),
        path: fc.nat(),
        edits: fc.array(edit, { maxLength: 4 }),
        harm: damage,
        header: oddHeader,
        // Without its key nearly nothing gets further than the door.
        keepsKey: fc.oneof({ weight: 12, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) }),
      });
      const property = fc.asyncProperty(cases, async ({ which, example, path, edits, harm, header, keepsKey }) => {
        asked += 1;
        if (asked % 20 === 0) known = await makeKnown(gateway);
        const { dialect, endpoint } = choose(served, which);
        const goods = goodRequests(dialect, endpoint, known);
        const good = choose(goods, example);
        const wire = editedWire(good.wire, edits);
        const headers = { ...wire.headers, ...header, ...(keepsKey && credentialHeaders(dialect)) };
        const request = misdirected(toRaw({ ...good, wire: { ...wire, headers } }, path), harm);
        const isDamaged = harm.cut !== undefined || harm.flips.length > 0;
        const answer = await exchange(request, harm);
        if (answer === undefined) return;
        statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
        expectWell(request, answer, isDamaged);
      });
      await fc.assert(property, fuzzSettings(share));
      const table = [...statuses]
        .sort()
        .map(([status, count]) => `${status}: ${count}`)
        .join(', ');
      console.log(`${asked} requests; ${table}; longest pause ${Math.round(delays.max / 1e6)} ms`);
    },
    120_000 + fuzzRuns * 200,
  );

  it('and all is well afterwards', async () => {
    expect((await ask(gateway.url, { method: 'GET', target: '/healthz', headers: {} })).status).toBe(200);
    expect((await ask(gateway.url, { method: 'GET', target: '/readyz', headers: {} })).status).toBe(200);
    // Enough of them were good, or the fuzz would only have knocked at the door.
    const good = [...statuses].filter(([status]) => status < 300).reduce((sum, [, count]) => sum + count, 0);
    expect(good / asked).toBeGreaterThan(0.1);
    // Nothing held everybody else up.
    expect(delays.max / 1e6).toBeLessThan(2_000);
    connection.close();
    const streams = async () =>
      /dragoman_open_streams\{[^}]*\} ([1-9]\d*)/.exec(await (await fetch(`${gateway.url}/metrics`)).text());
    await expect.poll(streams).toBeNull();
    const metrics = await (await fetch(`${gateway.url}/metrics`)).text();
    expect(metrics).not.toContain('code="internal"');
  });
});
