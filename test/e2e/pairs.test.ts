import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { send } from '../support/client.ts';
import { type CutWire, layCutWire } from '../support/cut-wire.ts';
import { createEar } from '../support/ear.ts';
import { runGateway, type TestGateway } from '../support/gateway.ts';
import { goldenText } from '../support/golden-text.ts';
import {
  catalogBackend,
  modelBackend,
  type PairBackend,
  startMock,
  upstreamBackend,
} from '../support/pair-backends.ts';
import { type PairClient, pairClients } from '../support/pair-clients.ts';
import { items, type Scene, scenes } from '../support/pair-fixtures.ts';
import { keyOf, type Seen, siteOf, type Visit } from '../support/pair-visits.ts';
import { withPlaceholders } from '../support/placeholders.ts';
import { createScriptedBackend } from '../support/scripted-backend.ts';
import { createRawServer, type RawServer } from '../support/vendor-server.ts';

const tenant = '3210cba9-8fed-4c65-8b32-1a0f9e8d7c6b';
const vendors = ['openai', 'anthropic'] as const;
const upstreams = ['homie', 'item-discovery', 'agent-slug', 'tenant-chats', 'widget'] as const;
const backendNames = ['catalog', ...vendors, ...upstreams];
const dialects = [...new Set(pairClients.map(({ dialect }) => dialect))];

let folder: string;
let near: TestGateway;
let far: TestGateway;
let wire: CutWire;
let server: RawServer;
let mock: Awaited<ReturnType<typeof startMock>>;
let backends: readonly PairBackend[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pairs-'));
  await writeFile(catalogFile(), items.map((item) => `${JSON.stringify(item)}\n`).join(''));
  const script = createScriptedBackend('shop');
  far = await runGateway({
    backends: { shop: script.backend },
    configure(demo) {
      delete demo.tenants[0].keys[0].limits;
    },
  });
  wire = await layCutWire(far.url);
  server = await createRawServer();
  mock = await startMock();
  backends = [
    catalogBackend,
    ...vendors.map((vendor) => modelBackend(vendor, mock, server)),
    ...upstreams.map((dialect) => upstreamBackend(dialect, { script, wire })),
  ];
  near = await runGateway({ configure });
});

afterAll(async () => {
  await near.close();
  await wire.close();
  await far.close();
  await server.close();
  await mock.stop();
  await rm(folder, { recursive: true });
});

/** What the models have to show: the very items of the script. */
const catalogFile = (): string => join(folder, 'catalog.ndjson');

const agentIds = new Map<string, string>();

/** An agent for each backend, with a key and a site of its own: so a client of every dialect can say whom it wants. */
function configure(demo: any): void {
  const answering = Object.fromEntries(backends.flatMap(({ agents }) => Object.entries(agents)));
  const names = Object.keys(answering);
  names.forEach((name, place) => agentIds.set(name, `5e9c1a2b-3d4e-4f60-b2f2-${String(place).padStart(12, '0')}`));
  demo.catalogs.pairs = { file: catalogFile() };
  demo.backends = answering;
  Object.assign(demo.tenants[0], {
    agents: names.map((name) => ({ id: agentIds.get(name), slug: name, name, route: { backend: name } })),
    keys: names.map((name) => ({
      name,
      sha256: createHash('sha256').update(keyOf(name)).digest('hex'),
      dialects: demo.tenants[0].keys[0].dialects,
      agent: name,
    })),
    sites: names.map((name) => ({ key: siteOf(name), origins: ['http://localhost:8080'], agent: name })),
  });
}

async function play(client: PairClient, backend: PairBackend, scene: Scene): Promise<Visit | undefined> {
  const staging = backend.scenes[scene];
  if (staging === undefined) return undefined;
  const { agent, question } = staging;
  const place = {
    gateway: near,
    agent,
    agentId: agentIds.get(agent) ?? '',
    visitor: [client.dialect, client.delivery, backend.name, scene].join('.'),
  };
  const ear = createEar();
  // A client that hears nothing before the end keeps nobody waiting.
  if (client.delivery === 'plain') ear.stop();
  const visit = client.visit(place, question, ear);
  await staging.play?.(ear);
  return visit;
}

/** How a client takes the answer: an end that is neither is shown whole. */
function endingOf({ endings }: PairClient, { seen: [{ status, body }] }: Visit): string {
  if (status >= 400) return 'failed';
  if (endings === undefined || endings.whole.test(body)) return 'whole';
  return endings.failed.test(body) ? 'failed' : body;
}

/** The newest conversations' ids at an upstream, in every form. */
async function foreignIds(): Promise<readonly string[]> {
  const headers = { authorization: 'Bearer demo-admin' };
  const { body } = await send('GET', `${far.url}/admin/v1/tenants/${tenant}/conversations?limit=100`, { headers });
  return body.entries.flatMap(({ id }: { id: string }) => [id, id.replaceAll('-', '')]);
}

const write = ({ request, status, headers, body }: Seen): string =>
  [`> ${request}`, `< ${status}`, ...headers, '', body.replace(/\n*$/, '\n')].join('\n');

/** What a client sees of a scene, under its heading; nothing, where there is no such scene. */
async function sectionOf(client: PairClient, backend: PairBackend, scene: Scene): Promise<readonly string[]> {
  const visit = await play(client, backend, scene);
  if (visit === undefined) return [];
  const title = `===== ${client.delivery}: ${scene} =====`;
  const text = visit.seen.map(write).join('\n');
  const isWhole = scene === 'answer' || scene === 'items';
  expect.soft(endingOf(client, visit), title).toBe(isWhole ? 'whole' : 'failed');
  expect.soft(text, title).not.toMatch(/secret/i);
  const foreign = (await foreignIds()).filter((id) => text.includes(id));
  expect.soft(foreign, `${title}: ids of the upstream`).toEqual([]);
  return [`${title}\n${withPlaceholders(text, { ...visit.names, [tenant]: '<tenant>' })}`];
}

describe.each(backendNames)('over %s', (name) => {
  it.each(dialects)('%s is answered as its golden file says (failures 11, 12, 14)', async (dialect) => {
    const sections: string[] = [];
    const clients = pairClients.filter((client) => client.dialect === dialect);
    for (const backend of backends.filter((one) => one.name === name)) {
      for (const scene of scenes) {
        for (const client of clients) sections.push(...(await sectionOf(client, backend, scene)));
      }
    }
    const found = sections.join('\n');
    expect(found).toBe(goldenText(`pairs/${dialect}-over-${name}.txt`, found));
  });
});
