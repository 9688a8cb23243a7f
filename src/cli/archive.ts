import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { openStore } from '../app/storage.ts';
import { exportStore } from '../archive/export.ts';
import { type Imported, importLines } from '../archive/import.ts';
import { type Counts, noCounts } from '../archive/lines.ts';
import { type Config, loadConfig } from '../config/index.ts';
import { dialects } from '../dialects/registry.ts';
import type { Store } from '../stores/store.ts';
import type { Outcome } from './commands.ts';
import { readArguments, UsageError } from './read-arguments.ts';

export const exportHelp = `Usage: dragoman export [--from CONFIG] > FILE

Writes all that the store of a configuration keeps of conversations to standard output, a JSON object a line: conversations
with their ids, messages, nudges and entries of their images, numbers, the audit, where migrations stand. Equal stores give
equal bytes, whatever their engine. No gateway may run on an embedded store; in Redis, what changes meanwhile may be old or new.
Bytes of images are not among it: copy the folder of the uploads.

  --from CONFIG  DRAGOMAN_CONFIG unless set
  --help         this text

Tells on standard error how much there was, and the SHA-256 of it. Ends with 0, 2 if it could not be read or written, 64 for
another command line.
`;

export const importHelp = `Usage: dragoman import [FILE] [--to CONFIG] [--json]

Puts what dragoman export wrote into the store of a configuration, from a file or standard input. What is there already stays
as it is: an import that was cut short is begun again. No gateway may run on an embedded store; on one in Redis none should.

  --to CONFIG  DRAGOMAN_CONFIG unless set
  --json       prints {"read", "added", "different", "differences", "sha256"}
  --help       this text

Tells how much there was, and the SHA-256 of it: of a store that was empty, dragoman export gives the same. Ends with 0; 1 if
something stands there otherwise, which stays; 2 if it could not be read or written, or was cut off; 64 for another command line.
`;

const tellEveryMs = 5_000;
/** So many characters are written at a time. */
const mostCharacters = 65_536;
/** No line of ours is longer: a message and what stands beside it. */
const mostLineBytes = 67_108_864;

/** Runs `dragoman export`. */
export async function runExport(values: readonly string[], output: Writable = process.stdout): Promise<Outcome> {
  const { options, positionals } = readArguments(values, { from: { type: 'string' } });
  if (positionals.length > 0) throw new UsageError('The lines go to standard output: dragoman export > FILE');
  const config = readConfig('--from', options.from);
  const { store: settings } = config;
  if (settings.engine === 'embedded' && !existsSync(join(settings.path, 'data.mdb')))
    throw new Error(`There is no store in ${settings.path}`);
  const tally = noCounts();
  const sha256 = await withStore(config, async (store) => {
    const telling = tell('exported', tally);
    try {
      return await writeAll(exportStore(store, scopeOf(config), tally), output);
    } finally {
      clearInterval(telling);
    }
  });
  process.stderr.write(`exported ${describe(tally)}\nsha256 ${sha256}\n`);
  return { output: '', code: 0 };
}

/** Runs `dragoman import`. */
export async function runImport(values: readonly string[], input: Readable = process.stdin): Promise<Outcome> {
  const { options, positionals } = readArguments(values, { to: { type: 'string' }, json: { type: 'boolean' } });
  const [file, ...more] = positionals;
  if (more.length > 0) throw new UsageError('Name one file.');
  const config = readConfig('--to', options.to);
  const hash = createHash('sha256');
  const tally = noCounts();
  const imported = await withStore(config, async (store) => {
    // Made where it is read at once: a file that cannot be opened is told to who reads it, and to nobody before.
    const source = file === undefined || file === '-' ? input : createReadStream(file);
    const telling = tell('read', tally);
    try {
      return await importLines(
        store,
        readLines(source, (bytes) => hash.update(bytes)),
        tally,
      );
    } finally {
      clearInterval(telling);
    }
  });
  const code = imported.different > 0 ? 1 : 0;
  const sha256 = hash.digest('hex');
  if (options.json === true) return { output: `${JSON.stringify({ ...imported, sha256 })}\n`, code };
  return { output: `${report(imported)}sha256 ${sha256}\n`, code };
}

function readConfig(option: string, path = process.env['DRAGOMAN_CONFIG']): Config {
  if (path === undefined) throw new UsageError(`Name the configuration with ${option} or DRAGOMAN_CONFIG.`);
  return loadConfig({ path, env: process.env });
}

/** Numbers may have been given to conversations that are gone, in the spaces that count. */
function scopeOf({ tenants, migrations }: Config) {
  const counting = dialects.filter(({ conversationIds }) => conversationIds === 'integer');
  return {
    spaces: tenants.flatMap(({ id: tenantId }) => counting.map(({ name: space }) => ({ tenantId, space }))),
    migrations: migrations.map(({ name }) => name),
  };
}

async function withStore<T>({ store: settings, admin }: Config, use: (store: Store) => Promise<T>): Promise<T> {
  const store = await openStore(settings, { keepMs: () => admin.audit.keepMs });
  try {
    return await use(store);
  } finally {
    await store.close();
  }
}

/** Writes as fast as it is read. Gives the SHA-256 of it. */
async function writeAll(texts: AsyncIterable<string>, output: Writable): Promise<string> {
  const hash = createHash('sha256');
  output.on('error', () => undefined); // whoever writes is told
  let waiting = '';
  const flush = async (): Promise<void> => {
    hash.update(waiting);
    const write = waiting;
    waiting = '';
    await new Promise<void>((resolve, reject) => {
      output.write(write, (failure) => (failure ? reject(failure) : resolve()));
    });
  };
  for await (const text of texts) {
    waiting += text;
    if (waiting.length >= mostCharacters) await flush();
  }
  await flush();
  return hash.digest('hex');
}

/** The lines of a stream. Throws where one is longer than any of ours. */
async function* readLines(source: Readable, whenRead: (bytes: Uint8Array) => void): AsyncGenerator<string, void, void> {
  let parts: Buffer[] = [];
  let length = 0;
  for await (const chunk of source as AsyncIterable<Buffer>) {
    whenRead(chunk);
    let from = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
      yield Buffer.concat([...parts, chunk.subarray(from, end)]).toString('utf8');
      parts = [];
      length = 0;
      from = end + 1;
    }
    parts.push(chunk.subarray(from));
    length += chunk.length - from;
    if (length > mostLineBytes) throw new Error(`A line is longer than ${mostLineBytes} bytes: this is no export`);
  }
  if (length > 0) yield Buffer.concat(parts).toString('utf8');
}

function tell(what: string, tally: Counts): NodeJS.Timeout {
  const timer = setInterval(() => process.stderr.write(`${what} ${describe(tally)} …\n`), tellEveryMs);
  return timer.unref();
}

const describe = (counts: Partial<Counts>): string =>
  Object.entries(counts)
    .map(([name, count]) => `${count} ${name === 'entries' ? 'entries of the audit' : name}`)
    .join(', ');

function report({ read, added, different, differences }: Imported): string {
  const lines = [`read ${describe(read)}`, `added ${describe(added)}`];
  if (different > 0) lines.push(`${different} stand there otherwise, and stay; the first of them:`, ...differences);
  return `${lines.join('\n')}\n`;
}
