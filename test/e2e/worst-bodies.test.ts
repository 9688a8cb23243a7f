import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { useHardened } from '../support/fuzz-asking.ts';
import { served, toRaw } from '../support/fuzz-requests.ts';
import { type RawRequest, toBytes } from '../support/fuzz-wire.ts';
import { worstBodies } from '../support/worst-values.ts';

const { firstGood, gateway } = useHardened();

/** CPU that refusing anything may cost, in milliseconds; and how often it is tried, since the machine does other things too. */
const maxCpuMs = 100;
const tries = 6;

interface Spent {
  readonly status: number;
  readonly cpuMs: number;
}

/** Asks once on a connection of its own. What sending and reading costs here is counted too. */
async function spend(bytes: Buffer): Promise<Spent> {
  const { hostname, port } = new URL(gateway().url);
  const socket = connect({ host: hostname, port: Number(port) });
  await once(socket, 'connect');
  const before = process.cpuUsage();
  let status = Number.NaN;
  const answered = new Promise<void>((resolve, reject) => {
    socket.on('data', (part: Buffer) => {
      if (Number.isNaN(status)) status = Number(part.subarray(9, 12).toString('latin1'));
      if (part.subarray(-5).equals(lastChunk)) resolve(); // a stream leaves its connection open
    });
    socket.on('end', resolve);
    socket.on('error', reject);
  });
  socket.write(bytes);
  await answered;
  const { user, system } = process.cpuUsage(before);
  socket.destroy();
  return { status, cpuMs: (user + system) / 1_000 };
}

const lastChunk = Buffer.from('0\r\n\r\n');

/** The least of what it cost, as soon as that is little enough. */
async function leastOf(request: RawRequest): Promise<Spent> {
  const bytes = toBytes({ ...request, headers: { ...request.headers, connection: 'close' } });
  let least = await spend(bytes);
  for (let tried = 1; least.cpuMs > maxCpuMs && tried < tries; tried += 1) {
    const again = await spend(bytes);
    if (again.cpuMs < least.cpuMs) least = again;
  }
  return least;
}

const takingJson = served.filter(
  ({ endpoint: { bodyForm, method } }) => bodyForm !== 'multipart' && !['GET', 'DELETE'].includes(method),
);

/** What costs the most of a kind, told for whoever changes a schema. */
function tellDearest(spent: readonly (Spent & { readonly name: string })[]): void {
  const dearest = spent.toSorted((left, right) => right.cpuMs - left.cpuMs).slice(0, 3);
  console.log(
    spent.length,
    dearest.map(({ name, status, cpuMs }) => `${cpuMs.toFixed(0)} ms ${status} ${name}`).join('; '),
  );
}

/** The fields that were tried, by dialect: each has its own way of telling what is wrong. */
const known = new Map<string, Set<string>>();
const knownOf = (dialect: string): Set<string> => {
  const fields = known.get(dialect) ?? new Set();
  known.set(dialect, fields);
  return fields;
};

describe.each(takingJson)('$name', ({ dialect, endpoint }) => {
  it('refuses no body at more than a tenth of a second of work', async () => {
    const good = await firstGood({ dialect, endpoint });
    const raw = toRaw(good);
    const spent: (Spent & { readonly name: string })[] = [];
    for (const body of worstBodies(endpoint.schema.request, good.wire.body, knownOf(dialect.name))) {
      spent.push({ name: `${body.slice(0, 60)}… of ${body.length}`, ...(await leastOf({ ...raw, body })) });
    }
    tellDearest(spent);
    expect(spent.filter(({ cpuMs }) => cpuMs > maxCpuMs)).toEqual([]);
    expect(spent.filter(({ status }) => !(status < 500))).toEqual([]);
  }, 120_000);
});
