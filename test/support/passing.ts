import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { type IncomingMessage, type RequestOptions, request } from 'node:http';
import { runGateway, type TestGateway } from './gateway.ts';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

export interface Passing {
  /** Of the rule for `/v1/knowledge`, beside its target. */
  readonly rule?: object;
  /** Of the origin of `raw-key` and `sk_raw`, beside its target. */
  readonly origin?: object;
  /** Anything else, in the demo as YAML has it. */
  readonly more?: (demo: any) => void;
  readonly maxUnreadMs?: number;
}

/** The demo with rules, and with a key and a site whose calls are all passed on to `/old` of the origin. */
export function runPassing({ url }: { readonly url: string }, settings: Passing = {}): Promise<TestGateway> {
  return runGateway({
    drainMs: 50,
    times: { maxUnreadMs: settings.maxUnreadMs ?? 60_000 },
    configure(demo) {
      demo.passthrough = [
        { prefix: '/v1', target: 'http://127.0.0.1:9' },
        { prefix: '/v1/knowledge', target: url, ...settings.rule },
      ];
      demo.origins = { legacy: { target: `${url}/old`, ...settings.origin } };
      const [tenant] = demo.tenants;
      const route = { passthrough: 'legacy' };
      tenant.keys.push({ name: 'raw', sha256: sha256('raw-key'), agent: 'support-agent', route });
      tenant.sites.push({ key: 'sk_raw', origins: ['https://shop.example'], agent: 'support-agent', route });
      settings.more?.(demo);
    },
  });
}

/** Sends a request on a connection of its own, and gives its answer as soon as it begins. */
export async function askPlain(
  url: string,
  options: RequestOptions = {},
  body?: string | Buffer,
): Promise<IncomingMessage> {
  const asking = request(url, { agent: false, ...options });
  asking.end(body);
  const [answer] = (await once(asking, 'response')) as [IncomingMessage];
  return answer;
}
