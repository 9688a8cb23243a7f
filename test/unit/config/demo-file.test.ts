import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { demoAccess, demoCredentials, describeConfig, loadConfig, parseConfig } from '../../../src/config/index.ts';

const path = 'config/gateway.yaml';
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

describe('the demo configuration', () => {
  const config = loadConfig({ path, env: {} });

  it('names its schema in the first line, so that editors complete it', () => {
    const [first = ''] = readFileSync(path, 'utf8').split('\n');
    expect(first).toBe('# yaml-language-server: $schema=../schemas/config.json');
  });

  it('keeps the demo key and admin token as their SHA-256', () => {
    expect(config.tenants[0]?.keys[0]?.sha256).toEqual([sha256(demoCredentials.key)]);
    expect(config.admin.tokens[0]?.sha256).toEqual([sha256(demoCredentials.adminToken)]);
  });

  it('finds its files from its own folder, wherever the program was started', () => {
    expect(config.store).toMatchObject({ path: resolve('data') });
    expect(config.uploads).toMatchObject({ path: resolve('data/uploads') });
    expect(config.catalogs['shop']).toEqual({
      file: resolve('config/catalog.ndjson'),
      format: 'ndjson',
      fields: {},
      maxShrink: 0.5,
      maxProducts: 1_000_000,
    });
    expect(config.backends['shop']).toMatchObject({ questions: resolve('config/questions.yaml') });
  });

  it('listens on 127.0.0.1:8080, unless HOST and PORT say otherwise', () => {
    expect(config.listen).toEqual({ host: '127.0.0.1', port: 8080, trustProxy: 0, hosts: ['loopback'] });
    expect(loadConfig({ path, env: { HOST: '::1', PORT: '9000' } }).listen).toMatchObject({ host: '::1', port: 9000 });
    expect(loadConfig({ path, env: { HOST: '', PORT: '' } }).listen).toMatchObject({ host: '127.0.0.1', port: 8080 });
  });

  it('tells which demo credentials open it', () => {
    const { key, site, adminToken } = demoAccess(config);
    expect(key).toMatchObject({ secret: 'demo-key', agent: { slug: 'support-agent' } });
    expect(site).toEqual({ key: 'sk_demo', origin: 'http://127.0.0.1:8080' });
    expect(adminToken).toBe('demo-admin');
  });

  it('is described without a hash', () => {
    const text = describeConfig(config).join('\n');
    expect(text).toContain('tenant Demo Store: 1 key, 1 site, agents support-agent → shop, agent-slug → shop');
    expect(text).not.toMatch(/[0-9a-f]{64}/);
  });
});

describe('demo secrets', () => {
  it('are found beside others too', () => {
    const text = readFileSync(path, 'utf8').replace(/sha256: (\w+) # demo-key/, (_all, hash: string) => {
      return `sha256: [${'a'.repeat(64)}, ${hash}]`;
    });
    const demo = parseConfig({ path, env: {}, text: text.replace('sk_demo', 'sk_own') });
    expect(demoAccess(demo).key?.secret).toBe('demo-key');
    expect(() => parseConfig({ path, env: { HOST: '0.0.0.0' }, text })).toThrow(/key demo-key is in this/);
  });

  it.each(['0.0.0.0', '::', '192.168.1.2', 'shop.example', '126.0.0.1', '128.0.0.1'])(
    'refuse to listen on %s',
    (host) => {
      expect(() => loadConfig({ path, env: { HOST: host } })).toThrow(
        /environment variable HOST: listen\.host: expected a loopback address .* keys, site keys and admin tokens of your own/,
      );
    },
  );

  it.each(['127.0.0.1', '127.9.9.9', '::1', 'localhost'])('listen on %s', (host) => {
    expect(loadConfig({ path, env: { HOST: host } }).listen.host).toBe(host);
  });
});
