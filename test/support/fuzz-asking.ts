import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { Dialect } from '../../src/dialects/dialect.ts';
import { type ErrorCode, GatewayError, type GatewayErrorDetails } from '../../src/errors/index.ts';
import { faultsOf, makeKnown, runHardened } from './fuzz-gateway.ts';
import { type GoodRequest, goodRequests } from './fuzz-requests.ts';
import { ask, type RawAnswer, type RawRequest } from './fuzz-wire.ts';
import type { TestGateway } from './gateway.ts';
import { documentedExchange } from './golden.ts';

export type Served = Pick<GoodRequest, 'dialect' | 'endpoint'>;

/** A gateway for all tests of a file, which after each of them must still be well; and every answer that it gave. */
export function useHardened() {
  let gateway: TestGateway;
  const answers: RawAnswer[] = [];
  beforeAll(async () => {
    gateway = await runHardened();
  });
  afterEach(async () => {
    const health = await ask(gateway.url, { method: 'GET', target: '/healthz', headers: {} });
    expect(health).toMatchObject({ status: 200, body: '{"status":"ok"}' });
  });
  afterAll(() => gateway.close());

  const goodFor = async ({ dialect, endpoint }: Served): Promise<readonly GoodRequest[]> =>
    goodRequests(dialect, endpoint, await makeKnown(gateway));
  return {
    answers,
    gateway: () => gateway,
    goodFor,
    async firstGood(which: Served): Promise<GoodRequest> {
      const [good] = await goodFor(which);
      if (good === undefined) throw new Error('an endpoint without documents');
      return good;
    },
    /** Asks, and holds the answer against the dialect's schemas. */
    async askWell({ dialect, endpoint }: Served, request: RawRequest): Promise<RawAnswer> {
      const answer = await ask(gateway.url, request);
      answers.push(answer);
      if (request.method === 'HEAD') return answer;
      const faults = faultsOf(dialect, endpoint, answer);
      expect(faults, `${request.method} ${request.target} ${answer.status} ${answer.body.slice(0, 500)}`).toEqual([]);
      return answer;
    },
  };
}

/** The dialect's own status of an error. */
export function statusOf(dialect: Dialect, code: ErrorCode, details: GatewayErrorDetails = {}): number {
  return dialect.errors.encode(new GatewayError(code, 'Refused', details), documentedExchange(dialect)).status;
}

const refusedField = { path: ['body', 'message'], rule: 'required', params: {}, value: {}, message: 'is required' };

/** The dialect's own status of a request that its schema refuses. */
export const invalid = (dialect: Dialect) => statusOf(dialect, 'invalid-request', { violations: [refusedField] });

/** A test of the endpoints that it is about; the others have none. */
export const inCase = (applies: boolean) => (name: string, run: () => Promise<void>) => {
  if (applies) it(name, run);
};

/** Whether an answer tells of the machine that gave it. */
export function tellsOfMachine({ body }: RawAnswer): boolean {
  const traces = /node_modules|node:internal|\.ts:\d|\bat \w+ \(|\bSyntaxError|\bTypeError|\bERR_[A-Z]/;
  return traces.test(body) || body.includes(process.cwd());
}
