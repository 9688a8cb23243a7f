import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { dialects } from '../../src/dialects/registry.ts';
import { type Admitted } from '../../src/http/admit.ts';
import { authenticate } from '../../src/http/authenticate.ts';
import { createCallerRegistry } from '../../src/http/caller-registry.ts';
import type { Gateway } from '../../src/http/gateway.ts';
import { lookAgain } from '../../src/http/look-again.ts';
import { read, sampleWith } from './config/sample.ts';

const widget = dialects.find(({ name }) => name === 'widget');
const directoryWith = (identity: object | undefined) =>
  createCallerRegistry(read(sampleWith('tenants.0.sites.0.identity', identity)), new Map());
const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

function tokenUntil(exp: number): string {
  const signed = `${part({ alg: 'HS256' })}.${part({ sub: 'ann', aud: 'sk_live', exp })}`;
  return `${signed}.${createHmac('sha256', 'secret').update(signed).digest('base64url')}`;
}

describe('a signed visitor who goes on hearing', () => {
  const exp = Math.floor(Date.now() / 1_000) + 60;
  const wire = {
    params: {},
    query: { site_key: 'sk_live', session_id: 'mine' },
    headers: { authorization: `Bearer ${tokenUntil(exp)}` },
    body: undefined,
  };

  it('is looked at again when the token ends, and not heard where the site changes how it is signed', () => {
    if (widget === undefined) throw new Error('There is a widget dialect');
    const directory = directoryWith({ secret: 'secret' });
    const places = { places: widget.credential, carrier: 'http' as const };
    const found = authenticate(directory, places, wire);
    if (found.kind !== 'tenant') throw new Error('A visitor is a tenant’s');
    const { principal, user } = found;
    expect(user).toEqual({ id: 'ann', expiresAt: exp * 1_000 });
    // What looking again goes by, of what a caller is admitted with.
    const admitted = { principal, wire, expiresAt: user?.expiresAt, caller: { user } } as unknown as Admitted;
    const gateway = { callers: directory };
    const { refusal, expiresAt } = lookAgain(gateway as Gateway, { dialect: widget, carrier: 'http' }, { admitted });
    expect(expiresAt).toBe(exp * 1_000);
    expect(refusal()).toBeUndefined();
    gateway.callers = directoryWith({ secret: 'another' });
    expect(refusal()).toMatchObject({ code: 'unauthenticated' });
    gateway.callers = directoryWith(undefined);
    expect(refusal()).toMatchObject({ code: 'unauthenticated' });
    gateway.callers = directoryWith({ secret: 'secret', required: true });
    expect(refusal()).toBeUndefined();
  });
});
