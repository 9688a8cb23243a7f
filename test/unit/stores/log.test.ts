import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { openLocalLog } from '../../../src/stores/local/local-log.ts';
import { comparePlaces, type Log, type LogPlace } from '../../../src/stores/log.ts';
import { connect, type RedisPlace } from '../../../src/stores/redis/connection.ts';
import { createKeys } from '../../../src/stores/redis/keys.ts';
import { openRedisLog, type RedisLogOptions } from '../../../src/stores/redis/log.ts';
import { hasAll, hasProgram } from '../../support/needs.ts';
import { type RedisServer, startRedis } from '../../support/redis-server.ts';
import { openWay } from '../../support/way.ts';

const patience = { timeout: 20_000, interval: 10 };
const count = (length: number, from = 1) => Array.from({ length }, (_, index) => index + from);

/** A log and all that its reader was called with: what it read, and `lost`. */
interface Watched {
  readonly log: Log<unknown>;
  readonly read: unknown[];
  readonly places: LogPlace[];
  append(...notes: readonly unknown[]): Promise<readonly LogPlace[]>;
}

async function watch(open: (reader: Parameters<typeof openLocalLog>[0]) => Promise<Log<unknown>>): Promise<Watched> {
  const read: unknown[] = [];
  const places: LogPlace[] = [];
  const log = await open({
    entry(entry) {
      read.push(entry.topic === 'numbers' ? entry.read() : [entry.topic, entry.read()]);
      places.push(entry.place);
    },
    lost: () => void read.push('lost'),
  });
  return { log, read, places, append: (...notes) => Promise.all(notes.map((note) => log.append('numbers', note))) };
}

function logContract(open: () => Promise<Watched>): void {
  it('reads its own entries, in the order in which they were appended', async () => {
    const { log, read, places, append } = await open();
    const given = await append(...count(50));
    await log.append('other', { text: 'a "quoted" word, and two\nlines', list: [], nothing: null });
    await vi.waitFor(() => expect(read).toHaveLength(51), patience);
    expect(read.slice(0, 50)).toEqual(count(50));
    expect(read[50]).toEqual(['other', { text: 'a "quoted" word, and two\nlines', list: [], nothing: null }]);
    expect(places.slice(0, 50)).toEqual(given);
    const pairs = places.slice(1).map((place, index) => comparePlaces(place, places[index] ?? [0, 0]));
    expect(Math.min(...pairs)).toBeGreaterThan(0);
    const now = Date.now();
    for (const [time] of places) expect(Math.abs(time - now)).toBeLessThan(60_000);
  });

  it('reads nothing after it is closed', async () => {
    const { log, read, append } = await open();
    await append(1);
    await vi.waitFor(() => expect(read).toEqual([1]), patience);
    await log.close();
    expect(read).toEqual([1]);
  });
}

describe('a log of one process', () => {
  logContract(() => watch(openLocalLog));
});

describe.runIf(hasAll({ 'redis-server': hasProgram('redis-server') }))('a log over Redis', () => {
  let server: RedisServer;
  let prefix: string;
  const opened: { close(): Promise<void> }[] = [];
  beforeAll(async () => {
    server = await startRedis('--appendonly', 'yes');
  });
  afterAll(() => server.remove());
  afterEach(async () => {
    server.resume();
    for (const resource of opened.splice(0).toReversed()) await resource.close();
    prefix = '';
  });

  /** One process's: the first of a test has a row of its own, the others the same. */
  async function open(options: RedisLogOptions = {}, at: RedisPlace = { url: server.url }): Promise<Watched> {
    prefix ||= `test-${randomUUID()}`;
    const keys = createKeys(prefix);
    const connection = await connect({ url: server.url });
    opened.push(connection);
    const watched = await watch((reader) => openRedisLog({ connection, place: at, keys }, reader, options));
    opened.push(watched.log);
    return watched;
  }
  const row = () => createKeys(prefix).log;
  const isReading = async (watched: Watched, ...notes: readonly unknown[]) => {
    await watched.append(...notes);
    await vi.waitFor(() => expect(watched.read.slice(-notes.length)).toEqual(notes), patience);
  };

  logContract(open);

  it('gives all readers the same order, whoever writes', async () => {
    const all = await Promise.all([open(), open(), open()]);
    await Promise.all(all.map(({ append }, index) => append(...count(100).map((number) => index * 100 + number))));
    for (const { read } of all) await vi.waitFor(() => expect(read).toHaveLength(300), patience);
    const [first, second, third] = all.map(({ read }) => read as number[]);
    expect(second).toEqual(first);
    expect(third).toEqual(first);
    for (const index of [0, 1, 2]) {
      const own = first?.filter((number) => Math.ceil(number / 100) === index + 1);
      expect(own).toEqual(count(100, index * 100 + 1));
    }
  });

  it('has read what was written before, when it is open', async () => {
    const first = await open();
    await first.append(...count(30));
    const second = await open({ maxEntries: 20 }); // several pages
    expect(second.read).toEqual(count(30));
    await isReading(second, 31);
    expect(second.read).toEqual(count(31));
  });

  it('begins with what is not older than is kept', async () => {
    const client = server.client();
    const first = await open();
    const old = Date.now() - 60_000;
    await client.xadd(row(), `${old}-0`, 'topic', 'numbers', 'note', '0');
    await first.append(1);
    expect((await open({ keepMs: 30_000 })).read).toEqual([1]);
    expect((await open({ keepMs: 90_000 })).read).toEqual([0, 1]);
  });

  it('keeps no more entries than it is to, and none for ever', async () => {
    const { append } = await open({ maxEntries: 100, keepMs: 1_200 });
    const client = server.client();
    for (let round = 0; round < 20; round += 1) await append(...count(100));
    expect(await client.xlen(row())).toBeLessThan(300);
    await vi.waitFor(async () => expect(await client.pttl(row())).toBeGreaterThan(0), patience);
    await vi.waitFor(async () => {
      await append(1);
      // Redis drops whole nodes of a hundred.
      expect(await client.xlen(row())).toBeLessThan(110);
    }, patience);
  });

  it('waits for entries on one connection a process', async () => {
    await Promise.all([open(), open()]);
    const client = server.client();
    const blocked = async () =>
      String(await client.client('LIST'))
        .split('\n')
        .filter((line) => line.includes(' cmd=xread ') && / flags=[A-Za-z]*b/.test(line));
    await vi.waitFor(async () => expect(await blocked()).toHaveLength(2), patience);
  });

  it('reads on, when Redis is back, from where it was', async () => {
    const [first, second] = await Promise.all([open(), open()]);
    await isReading(first, 1, 2);
    await vi.waitFor(() => expect(second.read).toEqual([1, 2]), patience);
    await server.kill();
    await expect(first.append(3)).rejects.toMatchObject({ code: 'store-unavailable' });
    await server.start();
    await vi.waitFor(() => isReading(first, 4), patience);
    await vi.waitFor(() => expect(second.read.at(-1)).toBe(4), patience);
    expect(first.read.slice(0, 2)).toEqual([1, 2]);
    expect(second.read).toEqual(first.read);
    expect(first.read).not.toContain('lost');
  });

  it('reads on when Redis hung', async () => {
    const { read, append } = await open({ blockMs: 500 });
    await append(1);
    server.pause();
    await expect(append(2)).rejects.toMatchObject({ code: 'store-unavailable' });
    server.resume();
    await vi.waitFor(async () => {
      await append(3);
      expect(read.at(-1)).toBe(3);
    }, patience);
    // What was not answered may have been carried out.
    expect(new Set(read)).toEqual(new Set(read.includes(2) ? [1, 2, 3] : [1, 3]));
  });

  it('opens while Redis is away, and reads what was there when it is back', async () => {
    const first = await open();
    await isReading(first, 1, 2);
    await server.kill();
    const second = await open();
    expect(second.read).toEqual([]);
    await server.start();
    await vi.waitFor(() => expect(second.read).toEqual([1, 2]), patience);
    await vi.waitFor(() => isReading(second, 3), patience);
  });

  it('says that entries are lost when its last one is gone, and goes on from there', async () => {
    const reader = await open({ blockMs: 200 });
    await isReading(reader, 1, 2);
    const client = server.client();
    await client.del(row());
    await client.call('CLIENT', 'KILL', 'TYPE', 'normal');
    await vi.waitFor(() => expect(reader.read).toEqual([1, 2, 'lost']), patience);
    await vi.waitFor(() => isReading(reader, 3), patience);
  });

  it('says so too when its connection went on, as one does that was led to another node', async () => {
    const reader = await open({ blockMs: 200 });
    await isReading(reader, 1, 2);
    const client = server.client();
    await client.xtrim(row(), 'MAXLEN', 0);
    await vi.waitFor(() => expect(reader.read).toEqual([1, 2, 'lost']), patience);
    await vi.waitFor(() => isReading(reader, 3), patience);
    expect(reader.read).toEqual([1, 2, 'lost', 3]);
  });

  it('says that entries are lost when more came than are kept, before it could read them', async () => {
    const hindered = await open({ maxEntries: 40, blockMs: 200 });
    await isReading(hindered, 1);
    const client = server.client();
    // All in one step, so that nobody reads in between.
    const steps = client.multi();
    for (const number of count(400)) {
      steps.xadd(row(), 'MAXLEN', '40', '*', 'topic', 'numbers', 'note', String(number));
    }
    await steps.exec();
    await vi.waitFor(() => expect(hindered.read).toContain('lost'), patience);
    await isReading(hindered, 500);
    expect(hindered.read.filter((note) => note === 'lost')).toHaveLength(1);
  });

  it('leaves a server that is not the one that is written to', async () => {
    const other = await startRedis();
    const way = await openWay(server.port);
    const reader = await open({ blockMs: 200 }, { url: `redis://127.0.0.1:${way.port}` });
    await isReading(reader, 1);
    way.turn(other.port);
    way.cut();
    await vi.waitFor(() => expect(reader.read).toContain('lost'), patience);
    way.turn(server.port);
    await vi.waitFor(() => isReading(reader, 2), patience);
    await way.close();
    await other.remove();
  });
});
