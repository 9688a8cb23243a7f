import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { makeCertificate } from '../support/certificate.ts';
import { send } from '../support/client.ts';
import type { TestGateway } from '../support/gateway.ts';
import { readMetric, readMetrics } from '../support/metrics.ts';
import { runOverModel } from '../support/over-model.ts';
import { json, runStub, type StubUpstream } from '../support/stub-upstream.ts';

let gateway: TestGateway;
let server: StubUpstream;
afterEach(async () => {
  await gateway.close();
  await server.close();
});

const usage = { prompt_tokens: 120, completion_tokens: 30, total_tokens: 150 };
const choices = [{ message: { role: 'assistant', content: 'Here.' }, finish_reason: 'stop' }];

const ask = () =>
  send('POST', `${gateway.url}/v1/api/chat/support-agent`, {
    headers: { authorization: 'Bearer demo-key' },
    json: { message: 'Hello' },
  });

describe('the metrics of a model', () => {
  it('count tokens in and out, by backend and the model that it is configured with', async () => {
    server = await runStub((_request, response) => json(response, { choices, usage, model: 'model-1-2026' }));
    gateway = await runOverModel('openai', server.url);
    const tokens = (direction: string) =>
      readMetric(gateway.url, 'dragoman_tokens_total', { backend: 'llm', model: 'model-1', direction });
    expect([await tokens('input'), await tokens('output')]).toEqual([0, 0]);
    for (const _ of [1, 2]) expect((await ask()).status).toBe(200);
    expect([await tokens('input'), await tokens('output')]).toEqual([240, 60]);
  });

  it('tell the connections to its server, and those that wait for one', async () => {
    const waiting: (() => void)[] = [];
    server = await runStub((_request, response) => waiting.push(() => json(response, { choices })));
    gateway = await runOverModel('openai', server.url);
    const asking = ask();
    await expect.poll(() => waiting.length).toBe(1);
    const { host } = new URL(server.url);
    const connections = async (state: string) =>
      readMetric(gateway.url, 'dragoman_upstream_connections', { host, state });
    expect([await connections('open'), await connections('busy'), await connections('waiting')]).toEqual([1, 1, 0]);
    waiting[0]?.();
    await asking;
    await expect.poll(() => connections('busy')).toBe(0);
    expect(await connections('open')).toBe(1);
  });

  it('tell when the certificate ends that it is asked with, and none where there is none', async ({ skip }) => {
    server = await runStub((_request, response) => json(response, { choices }));
    const made = makeCertificate();
    gateway = await runOverModel('openai', server.url, made && { cert: made.certificate, key: made.key });
    if (made === undefined) skip('openssl is not there');
    const end = Date.parse(new X509Certificate(readFileSync(made?.certificate ?? '')).validTo) / 1_000;
    const name = 'dragoman_certificate_expiry_timestamp_seconds';
    expect((await readMetrics(gateway.url)).filter((sample) => sample.name === name)).toEqual([
      { name, labels: { backend: 'llm' }, value: end },
    ]);
  });
});
