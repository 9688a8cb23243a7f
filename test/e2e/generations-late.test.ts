import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Backend } from '../../src/backends/backend.ts';
import { send } from '../support/client.ts';
import { runGateway, type TestGateway } from '../support/gateway.ts';
import { createScriptedBackend } from '../support/scripted-backend.ts';

/** What the module below has been asked to make. */
const makers: Record<string, () => Promise<Omit<Backend, 'name'>>> = {};
Object.assign(globalThis, { dragomanMakers: makers });
const moduleText = 'export default ({ options }) => globalThis.dragomanMakers[options.maker]();';

let folder: string;
let gateway: TestGateway | undefined;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dragoman-'));
  await writeFile(join(folder, 'made.mjs'), moduleText);
});
afterEach(async () => {
  await gateway?.close();
  gateway = undefined;
});
afterAll(() => rm(folder, { recursive: true }));

/** A backend that is made when a test says so, and names itself when it is closed. */
function createMaker(name: string, closed: string[]) {
  const { backend } = createScriptedBackend(name);
  let make = (): void => undefined;
  const made = new Promise<void>((resolve) => {
    make = resolve;
  });
  makers[name] = async () => {
    await made;
    return { ...backend, close: async () => void closed.push(name) };
  };
  return make;
}

const moduleMadeBy = (maker: string) => ({ type: 'module', path: join(folder, 'made.mjs'), options: { maker } });
const toShop = (demo: any): void => {
  for (const agent of demo.tenants[0].agents) agent.route = { backend: 'shop' };
};

async function start(closed: string[], close = async (): Promise<void> => void closed.push('one')) {
  const one = { ...createScriptedBackend('one').backend, close };
  gateway = await runGateway({
    backends: { one },
    drainMs: 100,
    patience: { prepareMs: 100, closeMs: 100 },
    configure(demo) {
      demo.backends.one = { type: 'catalog', catalog: 'shop' };
      toShop(demo);
    },
  });
  return gateway;
}

describe('a configuration of which something is never there', () => {
  it('is given up, with a reason, and keeps none that comes later waiting', async () => {
    const closed: string[] = [];
    createMaker('never', closed);
    const { reload, logged } = await start(closed);
    const outcome = await reload((demo) => {
      demo.backends.never = moduleMadeBy('never');
    });
    expect(outcome).toEqual({ outcome: 'failed', problem: 'It could not be opened within 0.1 s' });
    expect(await reload((demo) => delete demo.backends.one)).toEqual({ outcome: 'applied' });
    expect(logged.filter(({ level }) => Number(level) > 40)).toEqual([]);
  });

  it('lets go of what comes after all, and of what it kept, once', async () => {
    const closed: string[] = [];
    const make = createMaker('late', closed);
    const { reload, url } = await start(closed);
    const late = reload((demo) => {
      demo.backends.late = moduleMadeBy('late'); // and `one` is kept
    });
    expect(await late).toMatchObject({ outcome: 'failed' });
    expect(await reload((demo) => delete demo.backends.one)).toEqual({ outcome: 'applied' });
    make();
    await expect.poll(() => closed).toContain('late');
    await expect.poll(() => closed.toSorted()).toEqual(['late', 'one']);
    await gateway?.close();
    gateway = undefined;
    expect(closed.toSorted()).toEqual(['late', 'one']);
    await expect(send('GET', `${url}/healthz`)).rejects.toThrow();
  });
});

describe('a gateway of which something never closes', () => {
  it('closes all the rest in time, and says what is left', async () => {
    const { close, logged } = await start([], () => new Promise<void>(() => undefined));
    gateway = undefined;
    await close();
    expect(logged).toContainEqual(
      expect.objectContaining({ level: 40, what: 'the configuration in force', withinMs: 100 }),
    );
  });
});
