import { readdir, readFile } from 'node:fs/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { openStream, send } from '../support/client.ts';
import { runGateway, type TestGateway } from '../support/gateway.ts';
import { readMetrics, type Sample } from '../support/metrics.ts';
import { hasAll, hasProgram } from '../support/needs.ts';
import { emptyFolder, removeFolder, type StartedProgram } from '../support/program.mjs';
import { type Prometheus, startPrometheus } from '../support/prometheus.ts';
import { startRedis } from '../support/redis-server.ts';
import { openSocket } from '../support/socket.ts';
import { json, type Received, runStub, type StubUpstream } from '../support/stub-upstream.ts';
import { startWorkers } from '../support/workers.ts';

const isComplete = hasAll({
  'redis-server': hasProgram('redis-server'),
  prometheus: hasProgram('prometheus'),
});
const soon = { timeout: 60_000, interval: 500 };
const key = { 'x-api-key': 'demo-key', authorization: 'Bearer demo-key' };

/** Every expression of a panel or a rule, and where it stands. */
async function expressions(): Promise<readonly (readonly [where: string, expression: string])[]> {
  const { groups } = parse(await readFile('config/prometheus/alerts.yaml', 'utf8')) as {
    groups: readonly { rules: readonly { alert?: string; record?: string; expr: string }[] }[];
  };
  const rules = groups.flatMap((group) => group.rules);
  const pages = await Promise.all(
    (await readdir('config/grafana')).map(async (name) => ({
      name,
      ...(JSON.parse(await readFile(`config/grafana/${name}`, 'utf8')) as {
        panels: readonly { title: string; targets: readonly { expr: string }[] }[];
      }),
    })),
  );
  return [
    ...rules.map(({ alert, record, expr }) => [alert ?? record ?? '', expr] as const),
    ...pages.flatMap(({ name, panels }) =>
      panels.flatMap(({ title, targets }) =>
        targets.map(({ expr }) => [`${name}: ${title}`, expr.replaceAll('$__rate_interval', '1m')] as const),
      ),
    ),
  ];
}

/** What the tour does not bring about: of these the names are looked for, and the labels by which they are told stand here. */
const unseen: Readonly<Record<string, readonly string[]>> = {
  dragoman_images_refused_total: ['quota'],
  dragoman_catalog_refused_total: ['catalog', 'reason'],
  dragoman_certificate_expiry_timestamp_seconds: ['backend'],
  dragoman_migration_stage: ['migration', 'stage'],
  dragoman_migration_ready: ['migration'],
  dragoman_migration_turns_total: ['migration', 'answered_by'],
  dragoman_migration_unkept_total: ['migration', 'reason'],
  dragoman_migration_rollbacks_total: ['migration', 'by'],
  dragoman_migration_comparisons_total: ['migration', 'verdict'],
  dragoman_migration_differences_total: ['migration', 'field'],
  dragoman_shadow_skipped_total: ['migration', 'reason'],
};

/** Where there is nothing to show after the tour: what it does not bring about, and what needs more time than it takes. */
const empty =
  /^migrations\.json|^catalogue\.json: Files not taken|^store\.json: Images without room|^backends\.json: Certificates|^DragomanCertificateEnds|^DragomanNoTraffic/;

describe.runIf(isComplete)('panels and rules, over a tour of two processes', { timeout: 180_000 }, () => {
  let program: StartedProgram;
  let model: StubUpstream;
  let embedded: TestGateway;
  let prometheus: Prometheus;
  let isWell = true;
  const opened: (() => Promise<unknown>)[] = [];
  const begin = async (): Promise<void> => {
    const redis = await startRedis();
    const folder = await emptyFolder();
    opened.push(redis.remove, () => removeFolder(folder));
    const usage = { prompt_tokens: 20, completion_tokens: 5, total_tokens: 25 };
    const choices = [{ message: { role: 'assistant', content: 'Here.' }, finish_reason: 'stop' }];
    model = await runStub((request, response) =>
      isWaitedFor(request)
        ? undefined
        : isWell
          ? json(response, { choices, usage })
          : json(response, { error: { message: 'no' } }, 500),
    );
    opened.push(model.close);
    program = await startWorkers(folder, {
      redis: redis.url,
      change(config) {
        config.backends.llm = {
          type: 'openai',
          baseUrl: `${model.url}/v1`,
          model: 'm',
          apiKey: 'k',
          breaker: { failures: 2, rest: '60m' },
        };
        config.backends.both = { type: 'fallback', of: ['llm', 'shop'] };
        config.tenants[0].agents[0].route.backend = 'both';
        config.tenants[0].sites[0].limits = { session: { points: 2, seconds: 60 } };
        config.limits.connectionsPerAddress = 40;
      },
    });
    opened.push(program.kill);
    embedded = await runGateway();
    opened.push(embedded.close);
    const hostOf = (url: string) => new URL(url).host;
    prometheus = await startPrometheus([hostOf(program.url), hostOf(embedded.url)]);
    opened.push(prometheus.close);
    const isUp = () => prometheus.query('up').then((found) => found.length);
    await expect.poll(() => isUp().catch(() => 0), soon).toBe(2);
    await tour(program.url);
    isWell = false;
    await tour(program.url);
  };
  afterAll(async () => {
    for (const close of opened.reverse()) await close();
  });

  /** A bit of every dialect, and of what may go wrong. */
  async function tour(url: string): Promise<void> {
    const chatbotId = '5e9c1a2b-3d4e-4f60-b2f2-9f4b1c2d3e4f';
    const userId = '1bd2e7c4-8a90-4b17-9f36-6e2b5d8f7a3e';
    const message = 'A blue hoodie';
    const { body: chat } = await send('POST', `${url}/v1/chats`, { headers: key, json: { chatbotId, userId } });
    await send('POST', `${url}/v1/chats/${chat.id}/messages`, { headers: key, json: { message, currentUrl: 'x' } });
    await send('POST', `${url}/v1/chat`, { headers: key, json: { message, conversation_id: 'c', user_id: 'u' } });
    for (let turn = 0; turn < 4; turn += 1) {
      const stream = await openStream(`${url}/v1/api/chat/support-agent`, {
        headers: key,
        json: { message, stream: true },
      });
      await stream.rest();
    }
    const leaving = new AbortController();
    const left = fetch(`${url}/v1/api/chat/support-agent`, {
      method: 'POST',
      headers: { ...key, 'content-type': 'application/json' },
      body: JSON.stringify({ message: 'Wait for me' }),
      signal: leaving.signal,
    }).catch(() => undefined);
    await expect.poll(() => model.received.some(isWaitedFor)).toBe(true);
    leaving.abort();
    await left;
    for (let turn = 0; turn < 4; turn += 1) {
      const visitor = { site_key: 'sk_demo', session_id: 'visitor-1', message };
      await send('POST', `${url}/api/v1/chat/stream`, { json: visitor });
    }
    const nudge = { site_key: 'sk_demo', session_id: 'visitor-2', event: 'shown', rule_path: '/' };
    await send('POST', `${url}/api/v1/proactive/event`, { json: nudge });
    await send('GET', `${url}/v1/none`, { headers: key });
    const place = new URLSearchParams({ api_key: 'demo-key', user_id: userId, chat_id: chat.id }).toString();
    const socket = openSocket(`${url.replace('http', 'ws')}/ws/chat?${place}`);
    await socket.until('connection_established');
    socket.send({ content: message });
    await socket.until('message_stream_ended');
    await socket.close();
    const crowd = Array.from({ length: 100 }, () => openSocket(`${url.replace('http', 'ws')}/ws/chat?${place}`));
    await Promise.all(crowd.map((one) => one.next()));
    await Promise.all(crowd.map((one) => one.close()));
  }

  it('name metrics and labels that there are, and give data in a Prometheus that reads them', async () => {
    await begin();
    await nameWhatThereIs();
    await giveData();
  });

  async function nameWhatThereIs(): Promise<void> {
    const pages = [program.url, embedded.url];
    const samples = (await Promise.all(pages.map(readMetrics))).flat();
    const texts = await Promise.all(pages.map(async (url) => (await fetch(`${url}/metrics`)).text()));
    const names = new Set(texts.join('\n').match(/(?<=^# TYPE )\S+/gm));
    const labels = labelsOf(samples);
    for (const [where, expression] of await expressions()) {
      for (const { name, used } of metricsIn(expression)) {
        if (name === 'up' || name.startsWith('dragoman:')) continue;
        const known = labels.get(name) ?? new Set(unseen[name]);
        expect([where, name, names.has(name.replace(/_(bucket|sum|count)$/, ''))]).toEqual([where, name, true]);
        expect([where, name, used.filter((label) => !known.has(label) && label !== 'instance')]).toEqual([
          where,
          name,
          [],
        ]);
      }
    }
  }

  async function giveData(): Promise<void> {
    const asked = await expressions();
    const missing = async () => {
      const counts = await Promise.all(
        asked.map(async ([where, expression]) => [where, await countOf(where, expression)] as const),
      );
      return counts.filter(([where, count]) => count === 0 && !empty.test(where)).map(([where]) => where);
    };
    await expect.poll(missing, soon).toEqual([]);
  }

  /** A rule that fires gives data: what it is about is there without its bound too. */
  async function countOf(where: string, expression: string): Promise<number> {
    const asked = /^Dragoman/.test(where) ? expression.replaceAll(/ (?:==|<|>) [\d.e]+(?: \* \d+)?/g, '') : expression;
    return (await prometheus.query(asked)).length;
  }
});

/** What a model never answers, so that whoever asks can leave. */
const isWaitedFor = ({ body }: Received): boolean => JSON.stringify(body.messages?.at(-1)).includes('Wait for me');

const words = new Set([
  'sum',
  'max',
  'min',
  'count',
  'by',
  'rate',
  'increase',
  'and',
  'or',
  'vector',
  'time',
  'offset',
]);

/** The metrics of an expression, each with the labels by which it is told apart in it. */
function metricsIn(expression: string): readonly { readonly name: string; readonly used: readonly string[] }[] {
  const grouped = [...expression.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, list = '']) => list.split(/, ?/));
  const bare = expression.replaceAll(/\bby \([^)]*\)/g, '').replaceAll(/"[^"]*"/g, '""');
  return [...bare.matchAll(/\b([a-z][\w:]*)(?:\{([^}]*)\})?/g)].flatMap(([, name = '', matchers = '']) => {
    const isMetric = /^(dragoman|process|nodejs)[_:]|^up$/.test(name) && !words.has(name);
    const matched = matchers === '' ? [] : matchers.split(',').map((one) => one.replace(/[=!~"]+.*$/, ''));
    return isMetric ? [{ name, used: [...grouped, ...matched] }] : [];
  });
}

function labelsOf(samples: readonly Sample[]): ReadonlyMap<string, ReadonlySet<string>> {
  const found = new Map<string, Set<string>>();
  for (const { name, labels } of samples) {
    const known = found.get(name) ?? new Set<string>();
    for (const label of Object.keys(labels)) known.add(label);
    found.set(name, known);
  }
  return found;
}
