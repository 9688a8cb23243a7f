import { afterAll, beforeAll } from 'vitest';
import { send } from './client.ts';
import { runGateway, type TestGateway } from './gateway.ts';
import type { Kind, StandIn } from './stand-in.ts';

/** The demo, whose agents are answered by that upstream alone, asked once; `guards` are further settings of the backend. */
export function runOver(kind: Kind, { url }: StandIn, guards: object): Promise<TestGateway> {
  return runGateway({
    configure(demo) {
      demo.backends = { legacy: { ...kind.backend(url), retry: { attempts: 1 }, ...guards } };
      for (const agent of demo.tenants[0].agents) agent.route = { backend: 'legacy' };
    },
  });
}

/** An upstream and a gateway over it for all tests of the block in which it is called; they are there once a test runs. */
export function overStandIn(kind: Kind, guards: object): { readonly upstream: StandIn; readonly gateway: TestGateway } {
  const place = {} as { upstream: StandIn; gateway: TestGateway }; // filled before the first test
  beforeAll(async () => {
    place.upstream = await kind.start();
    place.gateway = await runOver(kind, place.upstream, guards);
  });
  afterAll(async () => {
    await place.gateway.close();
    await place.upstream.close();
  });
  return place;
}

/** The replies that are stored for a widget's session. */
export async function storedReplies(
  gateway: TestGateway,
  session: string,
): Promise<readonly Record<string, string | undefined>[]> {
  const headers = { authorization: 'Bearer demo-admin' };
  const found = await send('GET', `${gateway.url}/admin/v1/sites/sk_demo/sessions/${session}`, { headers });
  const list = await send('GET', `${gateway.url}/admin/v1/conversations/${found.body.id}/messages`, { headers });
  return list.body.entries
    .filter(({ role }: { role: string }) => role === 'assistant')
    .map(({ text, status, failure }: Record<string, string>) => ({ text, status, failure }));
}
