import { describe, expect, it } from 'vitest';
import { demoHashes } from '../../../src/config/demo.ts';
import { errorsOf, read, sampleWith } from './sample.ts';

const demoSecrets: readonly (readonly [path: string, value: unknown])[] = [
  ['tenants.0.keys.0.sha256', demoHashes.key],
  ['tenants.0.sites.0.key', 'sk_demo'],
  ['admin.tokens', [{ name: 'anna', sha256: demoHashes.adminToken }]],
];
const reached: readonly object[] = [
  { host: '0.0.0.0' },
  { trustProxy: 1 },
  { trustProxy: ['loopback'] },
  { publicUrl: 'https://chat.example.com' },
  { publicUrl: 'https://localhost' },
  { publicUrl: 'http://chat.example.com' },
  { hosts: ['localhost', 'chat.example.com'] },
  { hosts: ['*'] },
];
const with_ = (path: string, value: unknown, listen: object) => ({ ...Object(sampleWith(path, value)), listen });

describe('secrets that anyone knows', () => {
  it.each(demoSecrets.flatMap(([path, value]) => reached.map((listen) => ({ path, value, listen }))))(
    'refuse to start where others reach them: $path and $listen',
    ({ path, value, listen }) => {
      const [name] = Object.keys(listen);
      expect(errorsOf(with_(path, value, listen)).join()).toMatch(
        new RegExp(`listen\\.${name}: expected .*anyone knows`),
      );
      expect(errorsOf(with_('tenants.0.name', 'Own', listen))).toEqual([]);
    },
  );

  it.each([{}, { publicUrl: 'http://127.0.0.1:8080/chat' }, { trustProxy: 0 }, { hosts: ['loopback', '::1'] }])(
    'start on their own machine: %j',
    (listen) => {
      expect(errorsOf(with_('tenants.0.sites.0.key', 'sk_demo', listen))).toEqual([]);
    },
  );

  it('are reached by names of their own machine alone, and others by any', () => {
    expect(read(sampleWith('tenants.0.sites.0.key', 'sk_demo')).listen.hosts).toEqual(['loopback']);
    expect(read(sampleWith('listen', {})).listen).not.toHaveProperty('hosts');
    expect(read(sampleWith('listen', { hosts: ['Chat.Example.com'] })).listen.hosts).toEqual(['chat.example.com']);
  });
});
