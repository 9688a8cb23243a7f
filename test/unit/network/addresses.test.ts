import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { toGatewayError } from '../../../src/errors/index.ts';
import { createAddressGuard, createOrigin, type Origin } from '../../../src/network/index.ts';

const origins: Origin[] = [];
afterEach(() => Promise.all(origins.splice(0).map((origin) => origin.close())));

function open(baseUrl: string, allowed?: readonly string[]): Origin {
  const origin = createOrigin({ baseUrl, connectMs: 1_000, addresses: createAddressGuard(allowed) });
  origins.push(origin);
  return origin;
}

function refusalOf(open: () => unknown): string | undefined {
  try {
    open();
    return undefined;
  } catch (thrown) {
    return toGatewayError(thrown).code;
  }
}

describe('an address where a cloud tells its secrets', () => {
  it.each([
    'http://169.254.169.254',
    'http://169.254.169.254./latest',
    'http://2852039166/',
    'http://0xa9fea9fe/',
    'http://0xA9.0xFE.0xA9.0xFE/',
    'http://0251.0376.0251.0376/',
    'http://169.254.43518/',
    'http://169.16689662/',
    'http://[::ffff:169.254.169.254]/',
    'http://[::ffff:a9fe:a9fe]/',
    'http://[0:0:0:0:0:ffff:a9fe:a9fe]/',
    'http://[64:ff9b::a9fe:a9fe]/',
    'http://[64:ff9b::100.100.100.200]/',
    'http://[2002:a9fe:a9fe::1]/',
    'http://[::a9fe:a9fe]/',
    'http://[fd00:ec2::254]/',
    'http://[fd00:0ec2:0:0::254]/',
    'http://[fe80::1]/',
    'http://169.254.170.2/v2/credentials',
    'http://100.100.100.200/',
    'http://１６９.254.169.254/',
  ])('is refused as %s (failure 47)', (url) => {
    expect(refusalOf(() => open(url))).toBe('upstream-rejected');
  });

  it('is let through where it is listed, and only that one', () => {
    expect(refusalOf(() => open('http://169.254.170.2', ['169.254.170.2']))).toBeUndefined();
    expect(refusalOf(() => open('http://169.254.169.254', ['169.254.170.2']))).toBe('upstream-rejected');
    expect(refusalOf(() => open('http://[::ffff:169.254.170.2]', ['169.254.170.2']))).toBeUndefined();
  });

  it.each(['http://10.0.0.1', 'http://127.0.0.1:9', 'http://[::1]:9', 'http://192.168.1.1', 'http://shop.local'])(
    'is not %s: a network of one’s own may be asked',
    (url) => {
      expect(refusalOf(() => open(url))).toBeUndefined();
    },
  );
});

describe('a name', () => {
  /** Connects to what this name is said to stand for; the code of what comes of it. */
  async function reach(addresses: readonly string[]): Promise<string> {
    const found = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
    const guard = createAddressGuard([], (_host, _options, callback) => callback(null, found));
    const server = createServer((_request, response) => response.end('{}'));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo; // it listens on a port
    const origin = createOrigin({ baseUrl: `http://shop.test:${port}`, connectMs: 500, addresses: guard });
    try {
      const answer = await origin.send({ method: 'GET', path: '/', headers: {} }, new AbortController().signal);
      await answer.document();
      return 'ok';
    } catch (thrown) {
      return toGatewayError(thrown).code;
    } finally {
      await origin.close();
      server.close();
    }
  }

  it.each([[['169.254.169.254']], [['::ffff:169.254.169.254']], [['fd00:ec2::254', '169.254.170.2']]])(
    'that stands for %j alone is refused when it is resolved (failure 47)',
    async (addresses) => {
      expect(await reach(addresses)).toBe('upstream-rejected');
    },
  );

  it('that stands for another address too is reached there', async () => {
    expect(await reach(['169.254.169.254', '127.0.0.1'])).toBe('ok');
  });

  it('that stands for what is listed is resolved to it', async () => {
    const found = ['169.254.170.2', '169.254.169.254'].map((address) => ({ address, family: 4 }));
    const guard = createAddressGuard(['169.254.170.2'], (_host, _options, callback) => callback(null, found));
    const resolved = await new Promise((resolve) => {
      guard.lookup('shop.test', { all: true }, (_failure, addresses) => resolve(addresses));
    });
    expect(resolved).toEqual(found.slice(0, 1));
  });
});
