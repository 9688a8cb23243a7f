import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openEmbeddedStore } from '../../src/stores/embedded/index.ts';
import { send } from '../support/client.ts';
import { readMetric } from '../support/metrics.ts';
import { hasAll } from '../support/needs.ts';
import {
  emptyFolder,
  removeFolder,
  type StartedProgram,
  spawnProgram,
  startProgram,
  writeConfig,
} from '../support/program.mjs';
import { canMount, mountDisk, type SmallDisk } from '../support/small-disk.ts';
import { operator, speakers } from '../support/speakers.mjs';
import { createWeb } from '../support/web.mjs';

/** Of them all, who ask by HTTP alone. */
const asking = ['homie', 'item-discovery', 'agent-slug', 'agent-slug stream', 'widget', 'openai', 'openai stream'];
const patience = { timeout: 20_000, interval: 100 };
const headers = { authorization: 'Bearer demo-key' };
/** An image of one pixel. */
const dot = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

interface Speaker {
  open(): Promise<void>;
  say(text: string): Promise<unknown>;
}

/** What was answered, and how it was refused: a status, or 'in the stream'. */
interface Told {
  readonly answered: string[];
  readonly refusals: Set<unknown>;
}

/** Says things of 8 KB in a dialect, a conversation for every few, until it was refused several times. */
async function talk(url: string, dialect: string, { answered, refusals }: Told): Promise<void> {
  const web = createWeb(url);
  for (let refused = 0; refused < 4; ) {
    try {
      const speaker = (speakers[dialect] as (web: unknown) => Speaker)(web); // by the table's own word
      await speaker.open();
      for (let count = 0; count < 8; count += 1) {
        const text = `${crypto.randomUUID()} `.padEnd(8_000, 'lamp ');
        await speaker.say(text);
        answered.push(text);
      }
    } catch (refusal) {
      refused += 1;
      refusals.add(refusal instanceof Error && 'status' in refusal ? refusal.status : String(refusal).slice(0, 25));
    }
  }
  web.close();
}

if (hasAll({ 'a disk of our own (mount -t tmpfs)': canMount() })) {
  describe('a gateway on a small disk', { timeout: 120_000 }, () => {
    let folder: string;
    let disk: SmallDisk;
    let path: string;
    let program: StartedProgram | undefined;
    const begin = async () => {
      program = await startProgram({ folder, script: join(process.cwd(), 'dist/main.js'), environment });
      return program;
    };
    let environment: Record<string, string>;
    beforeEach(async () => {
      folder = await emptyFolder();
      disk = mountDisk(8);
      path = join(disk.path, 'data');
      const config = await writeConfig(folder, (demo) => {
        demo.store = { engine: 'embedded', path };
        demo.log.level = 'info';
      });
      environment = { DRAGOMAN_CONFIG: config };
    });
    afterEach(async () => {
      await program?.kill();
      disk.remove();
      await removeFolder(folder);
    });
    const fillIt = async (url: string): Promise<Told> => {
      const told: Told = { answered: [], refusals: new Set() };
      await Promise.all(asking.map((dialect) => talk(url, dialect, told)));
      return told;
    };
    const isReady = async (url: string) => {
      const { status, body } = await send('GET', `${url}/readyz`);
      return [status, JSON.stringify(body).includes('the disk is full')];
    };
    const timesSaid = (words: string) => (program?.output().split(words).length ?? 0) - 1;

    it('refuses in every dialect what it has no room for, keeps what it took, reads on, and comes back by itself', async () => {
      await disk.fill('hog', 4 * 1_048_576);
      const { url, kill } = await begin();
      const { answered, refusals } = await fillIt(url);
      expect([...refusals].filter((how) => how !== 503 && !String(how).startsWith('Error: The stream failed'))).toEqual(
        [],
      );
      expect(refusals).toContain(503);
      expect(answered.length).toBeGreaterThan(50);

      await expect.poll(() => isReady(url), patience).toEqual([503, true]);
      await expect.poll(() => readMetric(url, 'dragoman_store_up'), patience).toBe(0);
      expect(await readMetric(url, 'dragoman_store_free_bytes')).toBeLessThan(2 * 1_048_576);
      const { headers: admin, conversations } = operator;
      const { body: list } = await send('GET', `${url}${conversations}`, { headers: admin });
      const [{ id }] = list.entries;
      expect((await send('GET', `${url}/admin/v1/conversations/${id}/messages`, { headers: admin })).status).toBe(200);

      const form = new FormData();
      form.set('image', new Blob([Buffer.from(dot, 'base64')]), 'a.png');
      const image = await fetch(`${url}/api/v1/chat/upload-image?site_key=sk_demo&session_id=sess_a`, {
        method: 'POST',
        body: form,
      });
      expect(image.status).toBe(503);
      expect((await readdir(path)).filter((name) => name === 'uploads')).toEqual([]);

      await disk.empty('hog');
      const question = { headers, json: { message: 'lamp' } };
      const ask = async () => (await send('POST', `${url}/v1/api/chat/support-agent`, question)).status;
      await expect.poll(ask, patience).toBe(200);
      await expect.poll(() => isReady(url), patience).toEqual([200, false]);
      await expect.poll(() => readMetric(url, 'dragoman_store_up'), patience).toBe(1);
      expect([timesSaid('the disk is full: calls that need it'), timesSaid('store available again')]).toEqual([1, 1]);

      expect(await kill()).toMatchObject({ signal: 'SIGKILL' });
      await expectKept(path, answered);
    });

    it('goes on reading after a start below what is kept free', async () => {
      await disk.fill('hog', 3 * 1_048_576);
      const first = await begin();
      const { answered } = await fillIt(first.url);
      await first.kill();
      const { url } = await begin();
      const question = { headers, json: { message: 'lamp' } };
      expect((await send('POST', `${url}/v1/api/chat/support-agent`, question)).status).toBe(503);
      expect((await send('GET', `${url}/healthz`)).status).toBe(200);
      await program?.kill();
      await expectKept(path, answered);
    });

    it('does not start on a full disk, and says so in a line', async () => {
      await disk.fill('hog');
      const { ended, output } = spawnProgram({ folder, script: join(process.cwd(), 'dist/main.js'), environment });
      expect(await ended).toEqual({ code: 1, signal: null });
      expect(output().trim().split('\n').slice(-1)).toEqual([
        `The data folder ${path} cannot be opened: the disk of ${path} is full: 0.0 MB are free, and 1.0 MB are kept free`,
      ]);
    });
  });
}

/** Looks for everything that was answered in what is on the disk. */
async function expectKept(path: string, texts: readonly string[]): Promise<void> {
  const store = await openEmbeddedStore({ path });
  const everything = { offset: 0, limit: 100_000, order: 'ascending' } as const;
  const tenantId = operator.conversations.split('/')[4] ?? '';
  const kept = new Set<string>();
  for (const { id } of (await store.conversations({ tenantId }, everything)).entries) {
    for (const { text } of (await store.messages(id, everything)).entries) kept.add(text);
  }
  await store.close();
  expect(texts.filter((text) => !kept.has(text))).toEqual([]);
}
