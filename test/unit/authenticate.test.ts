import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../src/config/index.ts';
import { widget } from '../../src/dialects/widget/index.ts';
import { authenticate } from '../../src/http/authenticate.ts';
import { createCallerRegistry } from '../../src/http/caller-registry.ts';

const path = fileURLToPath(new URL('../../config/gateway.yaml', import.meta.url));
const directory = createCallerRegistry(parseConfig({ path, env: {}, text: readFileSync(path, 'utf8') }), new Map());
const carried = { places: widget.credential, carrier: 'http' } as const;

/** A value that tells the name of each of its fields that is looked at. */
function watched(value: object) {
  const seen = new Set<string | symbol>();
  const body = new Proxy(value, {
    ownKeys(target) {
      seen.add('every name');
      return Reflect.ownKeys(target);
    },
    getOwnPropertyDescriptor(target, name) {
      seen.add(name);
      return Reflect.getOwnPropertyDescriptor(target, name);
    },
    get(target, name): unknown {
      seen.add(name);
      return Reflect.get(target, name);
    },
  });
  return { body, seen };
}

const wire = (body: unknown, query: Readonly<Record<string, string>> = {}) => ({
  params: {},
  query,
  headers: {},
  body,
});

describe('the caller of a site', () => {
  it('is found without looking at anything else in the body', () => {
    const others = Object.fromEntries(Array.from({ length: 1_000 }, (_, index) => [`field${index}`, index]));
    const { body, seen } = watched({ ...others, site_key: 'sk_demo', session_id: 'sess_abc' });
    expect(authenticate(directory, carried, wire(body))).toMatchObject({ kind: 'tenant', sessionId: 'sess_abc' });
    expect([...seen].sort()).toEqual(['session_id', 'site_key']);
  });

  it('is named by the body’s word before the query’s, and by a text before anything else', () => {
    const named = (body: unknown, query?: Readonly<Record<string, string>>) => () =>
      authenticate(directory, carried, wire(body, query));
    expect(named({ siteKey: 'sk_none' }, { site_key: 'sk_demo' })).toThrow('Site not found');
    expect(named({ site_key: 5, siteKey: 'sk_demo' })()).toMatchObject({ principal: { name: 'site:sk_demo' } });
    for (const nothing of [undefined, null, 5, 'sk_demo', [], { site_key: {} }]) {
      expect(named(nothing, { siteKey: 'sk_demo' })()).toMatchObject({ principal: { name: 'site:sk_demo' } });
      expect(named(nothing)).toThrow('site_key is required');
    }
  });

  it('is never what every object has', () => {
    const bare = { ...carried, places: { ...widget.credential, siteFields: ['constructor', '__proto__'] } };
    expect(() => authenticate(directory, bare, wire(JSON.parse('{}')))).toThrow('constructor is required');
  });
});
