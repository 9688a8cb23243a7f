import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { dataOf, openStream, send } from '../support/client.ts';
import { readMetric } from '../support/metrics.ts';
import { emptyFolder, removeFolder, type StartedProgram, startProgram, writeConfig } from '../support/program.mjs';
import { createRawServer, type RawServer } from '../support/vendor-server.ts';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const bearer = (key: string) => ({ authorization: `Bearer ${key}` });
const agentPath = '/v1/api/chat/support-agent';
/** Longer than the pause between two looks at a file, on a machine that is busy. */
const soon = { timeout: 20_000, interval: 100 };

let program: StartedProgram;
let folder: string;
let upstream: RawServer | undefined;
afterEach(async () => {
  await program.kill();
  await upstream?.close();
  upstream = undefined;
  await removeFolder(folder);
});

async function start(change?: (config: any) => void, files: Readonly<Record<string, string>> = {}): Promise<void> {
  folder = await emptyFolder();
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  const path = await writeConfig(folder, (config) => {
    config.log.level = 'info';
    change?.(config);
  });
  program = await startProgram({ environment: { DRAGOMAN_CONFIG: path } });
}

/** Writes the file anew, in one step as tools that deploy do. */
async function change(to: (config: any) => void): Promise<void> {
  const path = join(folder, 'gateway.yaml');
  const config = parse(await readFile(path, 'utf8'));
  to(config);
  await writeFile(`${path}.new`, stringify(config));
  await rename(`${path}.new`, path);
}

const hangUp = () => program.child.kill('SIGHUP');
const metric = (name: string, labels = {}) => readMetric(program.url, `dragoman_config_${name}`, labels);
const reloads = (result: string) => metric('reloads_total', { result });
const ask = (key: string) =>
  send('POST', `${program.url}${agentPath}`, { headers: bearer(key), json: { message: 'Do you ship to Canada?' } });

const onlyKey = (key: string) => (config: any) => {
  config.tenants[0].keys[0].sha256 = sha256(key);
};

describe('a configuration file that changes', () => {
  it('takes over by itself, and is counted', async () => {
    await start();
    expect([await metric('generation'), await metric('last_reload_success')]).toEqual([1, 1]);
    const startedAt = await metric('last_applied_timestamp_seconds');
    await change(onlyKey('new-key'));
    await expect.poll(async () => (await ask('new-key')).status, soon).toBe(200);
    expect((await ask('demo-key')).status).toBe(401);
    expect([await metric('generation'), await reloads('applied')]).toEqual([2, 1]);
    expect(await metric('last_applied_timestamp_seconds')).toBeGreaterThan(startedAt);
  });

  it('behind links that are put in place of others, as Kubernetes mounts files, takes over too', async () => {
    await start();
    const path = join(folder, 'gateway.yaml');
    for (const name of ['..1', '..2']) await mkdir(join(folder, name));
    await rename(path, join(folder, '..1', 'gateway.yaml'));
    await symlink('..1', join(folder, '..data'));
    await symlink(join('..data', 'gateway.yaml'), path);
    const config = parse(await readFile(path, 'utf8'));
    onlyKey('new-key')(config);
    await writeFile(join(folder, '..2', 'gateway.yaml'), stringify(config));
    await symlink('..2', join(folder, '..next'));
    await rename(join(folder, '..next'), join(folder, '..data'));
    await expect.poll(async () => (await ask('new-key')).status, soon).toBe(200);
  });

  it('is looked at at once on SIGHUP, and several of them end in the newest file', async () => {
    await start();
    for (const key of ['a-key', 'b-key', 'c-key']) {
      await change(onlyKey(key));
      hangUp();
    }
    await expect.poll(async () => (await ask('c-key')).status, soon).toBe(200);
    hangUp();
    await expect.poll(() => reloads('unchanged'), soon).toBeGreaterThan(0);
    expect((await ask('c-key')).status).toBe(200);
  });

  it('and cannot be read keeps the last good one, and says why in the log and in metrics', async () => {
    await start();
    await change((config) => {
      config.tenants[0].keys[0].sha256 = 'a secret in the wrong place';
      config.tenants[0].agents[0].route.backend = 'shpo';
    });
    await expect.poll(() => reloads('refused'), soon).toBe(1);
    expect([await metric('generation'), await metric('last_reload_success')]).toEqual([1, 0]);
    expect((await ask('demo-key')).status).toBe(200);
    const said = program.printed.stdout;
    expect(said).toMatch(/gateway\.yaml:\d+:\d+: tenants\[0\]\.agents\[0\]\.route\.backend: expected a backend/);
    expect(said).toContain('the last good one stays in force');
    expect(said).not.toContain('a secret in the wrong place');
    await change((config) => {
      onlyKey('demo-key')(config);
      config.tenants[0].agents[0].route.backend = 'shop';
    });
    await expect.poll(() => metric('last_reload_success'), soon).toBe(1);
    expect([await metric('generation'), await reloads('unchanged')]).toEqual([1, 1]);
  });

  it('and asks for a restart is refused whole, with what asks for it', async () => {
    await start();
    await change((config) => {
      onlyKey('new-key')(config);
      config.uploads = { path: './elsewhere' };
    });
    await expect.poll(() => reloads('refused'), soon).toBe(1);
    expect(program.printed.stdout).toContain('A change of uploads takes a restart');
    expect([(await ask('demo-key')).status, (await ask('new-key')).status]).toEqual([200, 401]);
  });
});

describe('a file that the configuration names', () => {
  it('is read again when it changes: a catalogue and its questions', async () => {
    const lines = (await readFile('config/catalog.ndjson', 'utf8')).trim().split('\n');
    const questions = (answer: string) => stringify([{ ask: ['Do you ship to Canada?'], answer }]);
    await start(
      (config) => {
        config.catalogs.shop = { file: './catalog.ndjson', maxShrink: 1 };
        config.backends.shop.questions = './questions.yaml';
      },
      { 'catalog.ndjson': lines.join('\n'), 'questions.yaml': questions('No.') },
    );
    expect((await ask('demo-key')).body.data.response).toContain('No.');
    const products = () => readMetric(program.url, 'dragoman_catalog_products');
    expect(await products()).toBe(80);
    await writeFile(join(folder, 'catalog.ndjson'), lines.slice(0, 7).join('\n'));
    await expect.poll(products, soon).toBe(7);
    await writeFile(join(folder, 'questions.yaml'), questions('We do!'));
    await expect.poll(async () => (await ask('demo-key')).body.data.response, soon).toContain('We do!');
    await rm(join(folder, 'catalog.ndjson'));
    await expect.poll(() => reloads('failed'), soon).toBe(1);
    expect([await products(), await metric('last_reload_success')]).toEqual([7, 0]);
  });
});

describe('a secret in a file of its own', () => {
  const hashIn = (name: string) => (config: any) => {
    config.tenants[0].keys[0].sha256 = `\${file:./${name}}`;
  };

  it('takes over when that file changes, and when it comes later than the configuration that names it', async () => {
    await start(hashIn('hash'), { hash: `${sha256('demo-key')}\n` });
    expect((await ask('demo-key')).status).toBe(200);
    await writeFile(join(folder, 'hash'), sha256('new-key'));
    await expect.poll(async () => (await ask('new-key')).status, soon).toBe(200);
    await change(hashIn('later'));
    await expect.poll(() => reloads('refused'), soon).toBe(1);
    expect(program.printed.stdout).toContain(`expected the file ${join(folder, 'later')} to be readable; got ENOENT`);
    await writeFile(join(folder, 'later'), sha256('third-key'));
    await expect.poll(async () => (await ask('third-key')).status, soon).toBe(200);
  });
});

describe('a stream that runs while the configuration changes', () => {
  const upstreamAt = (url: string) => (config: any) => {
    config.backends.slow = { type: 'upstream', dialect: 'agent-slug', baseUrl: url, agent: 'a', apiKey: 'k' };
    for (const agent of config.tenants[0].agents) agent.route = { backend: 'slow' };
  };

  it('ends as it would have, though nothing of what it began with is in the file any more', async () => {
    const server = await createRawServer();
    upstream = server;
    await start(upstreamAt(server.url));
    const asking = openStream(`${program.url}${agentPath}`, {
      headers: bearer('demo-key'),
      json: { message: 'Hello', stream: true },
    });
    const asked = await server.next();
    asked.write('data: {"chunk":"Half, "}\n\n');
    const stream = await asking;
    expect(dataOf([(await stream.next()) ?? { data: '' }])).toEqual([{ chunk: 'Half, ' }]);
    await change((config) => {
      onlyKey('new-key')(config);
      delete config.backends.slow;
      for (const agent of config.tenants[0].agents) agent.route = { backend: 'shop' };
    });
    await expect.poll(async () => (await ask('new-key')).status, soon).toBe(200);
    asked.write('data: {"chunk":"whole"}\n\n');
    asked.end('data: [DONE]\n\n');
    expect(dataOf(await stream.rest())).toEqual([{ chunk: 'whole' }, '[DONE]']);
    await expect.poll(() => server.connections(), soon).toBe(0);
  });
});
