import { existsSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { writeConfig } from '../support/program.mjs';
import { hasNginx, startForeignNode, startNginx, startNode } from './processes.mjs';
import { hasRedis, startRedis } from './redis.mjs';
import {
  agentSlug,
  homie,
  homieWithEvents,
  itemDiscovery,
  openai,
  openaiWithKey,
  tenantChats,
  widget,
} from './visitors.mjs';

/** The name of what the others are held against. */
export const bareProxy = 'Express + http-proxy-middleware';

/** The gateway with the Anthropic backend over an upstream, and everything on: limits that are counted and never reached. */
export async function startGateway({ nodeArguments = [], ...surroundings }) {
  return startNode({ environment: await environmentOf(surroundings), nodeArguments });
}

/** The environment of that gateway, with a folder of its own. */
export async function environmentOf({ upstream, folder, change = () => undefined }) {
  const limits = { requests: { points: 1_000_000_000, seconds: 3600 }, openStreams: 100_000 };
  const own = await mkdtemp(join(folder, 'gateway-'));
  const path = await writeConfig(own, (config) => {
    config.backends.llm = { type: 'anthropic', baseUrl: upstream, apiKey: 'k', model: 'fake', maxTokens: 1024 };
    config.limits = { ...config.limits, address: limits.requests };
    for (const tenant of config.tenants) {
      for (const key of tenant.keys) key.limits = limits;
      for (const site of tenant.sites) site.limits = { ...limits, session: limits.requests };
      for (const agent of tenant.agents) agent.route = { backend: 'llm' };
    }
    change(config);
  });
  return { DRAGOMAN_CONFIG: path, NODE_ENV: 'production' };
}

/** The same over a Redis of its own. What Redis uses is told apart. */
async function startGatewayOverRedis(surroundings) {
  const redis = await startRedis({ ...surroundings, core: 1 });
  const change = (config) => {
    config.store = { engine: 'redis', url: redis.url };
  };
  const gateway = await startGateway({ ...surroundings, change });
  const stop = () => gateway.stop().then(redis.stop);
  return { ...gateway, besides: redis.cpu, stop };
}

const both = ['plain', 'stream'];
const overRedis = [
  { name: 'gateway over Redis: openai', visitor: openaiWithKey, modes: both },
  { name: 'gateway over Redis: widget', visitor: widget, modes: ['stream'] },
];
const byDialect = [
  { name: 'gateway: openai', visitor: openaiWithKey, modes: both },
  { name: 'gateway: homie', visitor: homie, modes: ['plain'] },
  { name: 'gateway: homie with its events', visitor: homieWithEvents, modes: ['plain'] },
  { name: 'gateway: item-discovery', visitor: itemDiscovery, modes: ['plain'] },
  { name: 'gateway: agent-slug', visitor: agentSlug, modes: both },
  { name: 'gateway: tenant-chats', visitor: tenantChats, modes: ['stream'] },
  { name: 'gateway: widget', visitor: widget, modes: ['stream'] },
];

const plainHeaders = { authorization: 'Bearer k' };
const portkeyScript = 'node_modules/@portkey-ai/gateway/build/start-server.js';

function groups({ upstream, folder, portkey }) {
  const environment = { UPSTREAM: upstream, NODE_ENV: 'production' };
  const script = (name) => `test/bench/${name}.mjs`;
  const alone = (name, start, headers = plainHeaders) => ({
    start,
    rows: [{ name, visitor: openai(headers), modes: both }],
  });
  const portkeyHeaders = {
    ...plainHeaders,
    'x-portkey-provider': 'anthropic',
    'x-portkey-custom-host': `${upstream}/v1`,
  };
  return [
    alone('direct', async () => ({ origin: upstream, stop: async () => undefined })),
    alone('nginx', () => startNginx({ folder, upstream })),
    alone('bare translator', () => startNode({ script: script('translator'), environment })),
    alone(bareProxy, () =>
      startNode({ script: script('express-proxy'), environment: { ...environment, OWN_CLASSES: '1' } }),
    ),
    alone(`${bareProxy}, prototypes changed`, () => startNode({ script: script('express-proxy'), environment })),
    { start: () => startGateway({ upstream, folder }), rows: byDialect },
    { start: () => startGatewayOverRedis({ upstream, folder }), rows: overRedis },
    alone(
      'Portkey',
      () =>
        startForeignNode({
          folder: portkey,
          script: portkeyScript,
          environment: { NODE_ENV: 'production', TRUSTED_CUSTOM_HOSTS: '127.0.0.1' },
        }),
      portkeyHeaders,
    ),
  ];
}

/** Why a subject cannot be measured here, by its name. */
async function findMissing(portkey) {
  const missing = new Map();
  if (!(await hasNginx())) missing.set('nginx', 'nginx is not on the PATH');
  const needRedis = [...overRedis.map(({ name }) => name), 'workers'];
  if (!(await hasRedis())) for (const name of needRedis) missing.set(name, 'redis-server is not on the PATH');
  if (portkey === undefined) missing.set('Portkey', 'no folder was named by --portkey or PORTKEY_FOLDER');
  else if (!existsSync(join(portkey, portkeyScript))) missing.set('Portkey', `${portkey} has no @portkey-ai/gateway`);
  return missing;
}

/** Starts all subjects that can be had here and whose name matches `only`. `missing` says why others are left out. */
export async function startSubjects({ only = '', ...surroundings }) {
  const missing = await findMissing(surroundings.portkey);
  const chosen = ({ name }) =>
    !missing.has(name) && (name === 'direct' || name === bareProxy || new RegExp(only).test(name));
  const subjects = [];
  const programs = [];
  for (const { start, rows } of groups(surroundings)) {
    const wanted = rows.filter(chosen);
    if (wanted.length === 0) continue;
    const program = await start();
    programs.push(program);
    for (const row of wanted) subjects.push({ ...row, program });
  }
  return { subjects, missing, stop: () => Promise.all(programs.map((program) => program.stop())) };
}
