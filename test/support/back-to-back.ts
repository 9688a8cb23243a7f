import type { UpstreamBackendSettings } from '../../src/config/index.ts';
import { runGateway, type TestGateway } from './gateway.ts';
import { createScriptedBackend } from './scripted-backend.ts';

type UpstreamDialect = UpstreamBackendSettings['dialect'];

/** Two gateways, one behind the other: the near one asks the far one in a dialect, and a script answers the far one. */
export interface BackToBack {
  /** The one that clients ask. */
  readonly near: TestGateway;
  readonly far: TestGateway;
  readonly script: ReturnType<typeof createScriptedBackend>;
  close(): Promise<void>;
}

/** Every dialect that can be spoken to an upstream. */
export const upstreamDialects: readonly UpstreamDialect[] = [
  'homie',
  'item-discovery',
  'agent-slug',
  'tenant-chats',
  'widget',
  'openai',
];

const agents: Partial<Readonly<Record<UpstreamDialect, string>>> = {
  homie: '5e9c1a2b-3d4e-4f60-b2f2-9f4b1c2d3e4f',
  'agent-slug': 'support-agent',
  openai: 'support-agent',
};

/** A backend's configuration that speaks a dialect to the demo at that address. */
export function upstreamConfig(dialect: UpstreamDialect, baseUrl: string, changes: object = {}): object {
  const agent = agents[dialect];
  return {
    type: 'upstream',
    dialect,
    baseUrl,
    ...(dialect === 'widget' ? { site: 'sk_demo', origin: 'http://localhost:8080' } : { apiKey: 'demo-key' }),
    ...(agent !== undefined && { agent }),
    retry: { attempts: 1 },
    ...changes,
  };
}

/** The demo, whose agents are answered by that upstream alone, without limits. */
export async function runBefore(dialect: UpstreamDialect, baseUrl: string, changes?: object): Promise<TestGateway> {
  return runGateway({
    configure: (demo) => {
      demo.backends = { legacy: upstreamConfig(dialect, baseUrl, changes) };
      for (const agent of demo.tenants[0].agents) agent.route = { backend: 'legacy' };
    },
  });
}

export async function runBackToBack(dialect: UpstreamDialect, changes?: object): Promise<BackToBack> {
  const script = createScriptedBackend('shop');
  const far = await runGateway({ backends: { shop: script.backend } });
  const near = await runBefore(dialect, far.url, changes);
  return {
    near,
    far,
    script,
    async close() {
      await near.close();
      await far.close();
    },
  };
}
