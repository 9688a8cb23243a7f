import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openEmbeddedStore } from '../../src/stores/embedded/index.ts';
import type { Store } from '../../src/stores/store.ts';
import { buildStore, outcome, type StoreBuild } from '../support/store-build.ts';

const kills = 6;
const tenantId = 'shop';
const everything = { offset: 0, limit: 1_000_000, order: 'ascending' } as const;

/** What a process was told is stored: the texts of each conversation by sequence. */
type Acknowledged = Map<string, Map<number, string>>;

let build: StoreBuild;
let path: string;
beforeAll(async () => {
  build = await buildStore();
});
afterAll(() => build.remove());
beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), 'dragoman-crash-'));
});
afterEach(() => rm(path, { recursive: true }));

/** Lets a process write, ends it with SIGKILL after a number of acknowledgements, and notes all that it acknowledged. */
async function writeAndKill(run: string, after: number, acknowledged: Acknowledged): Promise<void> {
  const child = build.start('store-writer.mjs', path, run);
  const ended = outcome(child);
  let lines = 0;
  if (child.stdout === null) throw new Error('The writer has no output');
  for await (const line of createInterface({ input: child.stdout })) {
    const [what, id = '', sequence, text = ''] = line.split(' ');
    if (what === 'begun') acknowledged.set(id, new Map());
    else acknowledged.get(id)?.set(Number(sequence), text);
    lines += 1;
    if (lines === after) child.kill('SIGKILL');
  }
  expect(await ended).toMatchObject({ signal: 'SIGKILL', errors: '' });
}

async function expectKept(store: Store, acknowledged: Acknowledged): Promise<void> {
  for (const [id, texts] of acknowledged) {
    const { entries, total } = await store.messages(id, everything);
    expect(entries.map(({ sequence }) => sequence)).toEqual(Array.from({ length: total }, (_, index) => index + 1));
    expect(entries).toMatchObject(
      [...texts].map(([sequence, text]) => ({ sequence, text })).concat(entries.slice(texts.size)),
    );
    expect(new Set(entries.map(({ text }) => text)).size).toBe(total);
    expect(await store.conversation(id)).toMatchObject({ messageCount: total });
    for (const { text, role, sequence } of entries) {
      if (role !== 'visitor') continue;
      const key = { tenantId, scope: text.split('-')[0] ?? '', key: text };
      const replySequence = entries.find((reply) => reply.text === `re-${text}`)?.sequence;
      expect(await store.idempotencyEntry(key)).toMatchObject({ messageId: entries[sequence - 1]?.id });
      expect((await store.idempotencyEntry(key))?.replySequence).toBe(replySequence);
    }
  }
}

describe('kill -9 at random moments', () => {
  it(`loses nothing that was acknowledged, in order, once, over ${kills} kills of one folder`, async () => {
    const acknowledged: Acknowledged = new Map();
    for (let run = 0; run < kills; run += 1) {
      await writeAndKill(String(run), 8 + Math.floor(Math.random() * 600), acknowledged);
      const store = await openEmbeddedStore({ path });
      await expectKept(store, acknowledged);
      const { entries, total } = await store.conversations({ tenantId, userId: 'ann' }, everything);
      expect(entries).toHaveLength(total);
      const listed = new Set(entries.map(({ id }) => id));
      expect([...acknowledged.keys()].filter((id) => !listed.has(id))).toEqual([]);
      expect(new Set(entries.map(({ publicIds }) => publicIds['widget'])).size).toBe(total);
      await store.close();
    }
  });
});

describe('a folder that another process has', () => {
  it('is refused at once, and can be had when that process is gone, however it went', async () => {
    const child = build.start('store-writer.mjs', path, 'first');
    const ended = outcome(child);
    await new Promise((resolve) => child.stdout?.once('data', resolve));
    // Again and again, while the other one writes.
    for (let attempt = 0; attempt < 50; attempt += 1) {
      const refusal = `${path} cannot be opened: it is in use by another process (pid ${child.pid})`;
      await expect(openEmbeddedStore({ path })).rejects.toThrow(refusal);
    }
    child.kill('SIGKILL');
    await ended;
    await (await openEmbeddedStore({ path })).close();
  });
});

describe.skipIf(process.platform === 'win32')('a disk that is full', () => {
  it('fails what cannot be stored, and keeps what was', async () => {
    const child = build.startUnder('ulimit -f 600 && exec "$@"', 'store-full.mjs', path);
    const { output, code } = await outcome(child);
    expect(code).toBe(0);
    const { acknowledged, refused, total, read } = JSON.parse(output) as Record<string, unknown[]>;
    expect(acknowledged?.length).toBeGreaterThan(9);
    expect(refused?.length).toBeGreaterThan(9);
    expect(new Set(refused)).toEqual(new Set(['store-unavailable']));
    expect({ total, read }).toEqual({ total: acknowledged?.length, read: acknowledged });

    const store = await openEmbeddedStore({ path });
    await expect(store.check()).resolves.toBeUndefined();
    await store.close();
  });
});
