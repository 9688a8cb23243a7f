import { runGateway, type TestGateway } from './gateway.ts';

/** The models' wires that a backend can speak. */
export const vendors = ['openai', 'anthropic'] as const;
export type Vendor = (typeof vendors)[number];

/** The demo, answered by a model at this address; it knows the catalogue unless the settings say otherwise. */
export function runOverModel(
  vendor: Vendor,
  url: string,
  settings: object = {},
  agentSettings: object = {},
): Promise<TestGateway> {
  return runGateway({
    configure(demo) {
      demo.backends = {
        llm: {
          type: vendor,
          baseUrl: vendor === 'openai' ? `${url}/v1` : url,
          apiKey: 'vendor-key',
          model: 'model-1',
          catalog: 'shop',
          retry: { attempts: 1 },
          ...settings,
        },
      };
      for (const agent of demo.tenants[0].agents) Object.assign(agent, { route: { backend: 'llm' } }, agentSettings);
    },
  });
}
