// Opens streams over upstreams that are whole, break, refuse or fall silent, through clients that leave at any moment, and then looks
// for what was left behind: connections, timers, gauges, memory. Then has readers that read nothing of replies without end:
// `npm run build && node test/soak/streams.mjs --streams 10000 --readers 100`. Ends non-zero if anything was left behind, if
// memory grows with the streams, or if a reader costs more than its buffers.
import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { measurable, measure } from '../support/measure.mjs';
import { emptyFolder, endWithSignals, removeFolder, startProgram, writeConfig } from '../support/program.mjs';
import { createWeb } from '../support/web.mjs';
import { trend } from './trend.mjs';

const { values } = parseArgs({
  options: { streams: { type: 'string', default: '10000' }, readers: { type: 'string', default: '100' } },
});
const streams = Number(values.streams);
const readers = Number(values.readers);
if (!(streams >= 1_000 && readers >= 10)) throw new Error('--streams must be at least 1000, --readers at least 10');

const rounds = 10;
/** Rounds in which caches fill and code is compiled. */
const warmUp = 4;
/** In fewer streams caches still fill. */
const judgedFrom = 8_000;
/** At once. */
const crowd = 50;
/** Bytes that may stay behind with every stream, in heap and buffers: less than what a forgotten reply takes. */
const tolerance = 300;
/**
 * Bytes that one who does not read may cost the gateway, in heap and buffers: the longest text that a reply may have, which is kept
 * to be stored, and so much again. What such a reply is on the wire is six times its text here.
 */
const readerCost = 2_621_440;
const conversations = 100;

endWithSignals();
const folder = await emptyFolder();
const upstream = await startProgram({ script: fileURLToPath(new URL('./upstream.mjs', import.meta.url)) });
const guards = {
  timeouts: { firstEvent: '2s', idle: '20s', total: '20s' },
  retry: { attempts: 1 },
  breaker: { failures: 10_000, rest: '1s' },
};
const config = await writeConfig(folder, (written) => {
  const agent = { type: 'upstream', dialect: 'agent-slug', baseUrl: upstream.url, apiKey: 'k', agent: 'a' };
  const vendor = {
    type: 'openai',
    baseUrl: `${upstream.url}/v1`,
    apiKey: 'k',
    model: 'm',
    history: { messages: 1, characters: 100 },
  };
  written.backends = { agent: { ...agent, ...guards }, vendor: { ...vendor, ...guards } };
  for (const [index, known] of written.tenants[0].agents.entries())
    known.route = { backend: index === 0 ? 'agent' : 'vendor' };
  written.log.level = 'silent'; // most of what happens here is worth a warning
});
const quicken = ['--import', fileURLToPath(new URL('./quicken.mjs', import.meta.url))];
const program = await startProgram({
  environment: { DRAGOMAN_CONFIG: config },
  nodeArguments: [...measurable, ...quicken],
});
const web = createWeb(program.url);
const problems = new Set();
const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const pick = (list) => list[Math.floor(Math.random() * list.length)];

async function askUpstream() {
  const told = once(upstream.child, 'message');
  upstream.child.send('count');
  return (await told)[0];
}

const fates = ['whole', 'whole', 'whole', 'endless', 'endless', 'reset', 'short', 'refused', 'silent'];
/** Of the client: when its request was sent, after so many reads, at its end, or when it was answered. */
const moments = ['sent', 1, 3, 'end', 'answered'];

/** One stream of a client that leaves when it likes. */
function oneStream() {
  const fate = pick(fates);
  // What has no end of its own is left before.
  const moment = fate === 'endless' || fate === 'silent' ? pick(['sent', 1, 3]) : pick(moments);
  const stream = Math.random() < 0.8;
  const body = JSON.stringify({
    message: `${fate} please`,
    stream,
    conversationId: `conv_${Math.floor(Math.random() * conversations)}`,
  });
  const path = `/v1/api/chat/${pick(['support-agent', 'agent-slug'])}`;
  return new Promise((resolve) => {
    const headers = {
      authorization: 'Bearer demo-key',
      'content-type': 'application/json',
      'content-length': body.length,
    };
    const { hostname, port } = new URL(program.url);
    const request = httpRequest({ hostname, port, method: 'POST', path, headers, agent: false });
    let reads = 0;
    const leave = () => request.destroy();
    request.on('error', () => undefined);
    request.on('close', resolve);
    request.on('response', (response) => {
      response.on('error', () => undefined);
      response.on('data', () => {
        reads += 1;
        if (reads === moment) leave();
      });
      if (moment === 'end') response.on('end', leave);
    });
    request.end(body, () => {
      // A whole answer that never comes is not read.
      if (moment === 'sent' || (!stream && typeof moment === 'number')) setTimeout(leave, Math.random() * 20);
      if (fate === 'silent') setTimeout(leave, Math.random() * 50);
    });
  });
}

async function playRound(count) {
  let left = count;
  const client = async () => {
    while (left > 0) {
      left -= 1;
      await oneStream();
    }
  };
  await Promise.all(Array.from({ length: crowd }, client));
}

async function gaugesOf() {
  const names = /^dragoman_(open_streams|backend_open)(?:\{.*\})? (\d+)$/gm;
  return [...(await web.text('/metrics')).matchAll(names)].reduce((sum, [, , count]) => sum + Number(count), 0);
}

/** The last of what was looked at, once it is what it should be or there was time enough for it. */
async function settled(look, fits) {
  for (let tries = 0; ; tries += 1) {
    const seen = await look();
    if (fits(seen) || tries === 100) return seen;
    await pause(100);
  }
}

function countOf(resources, name) {
  return resources.filter((resource) => resource === name).length;
}

async function expectNothingOpen(when) {
  const gauges = await settled(gaugesOf, (open) => open === 0);
  if (gauges !== 0) problems.add(`${when} the gauges still count ${gauges} as open`);
  // Its idle connections are kept for four seconds.
  const { open } = await settled(askUpstream, (told) => told.open === 0);
  if (open !== 0) problems.add(`${when} ${open} connections to the upstream are still open`);
}

const mega = (bytes) => (bytes / 1e6).toFixed(2);
const held = ({ heapUsed, external }) => heapUsed + external;

await playRound(crowd);
await expectNothingOpen('before the first round');
const resourcesBefore = (await measure(program, { collect: true })).resources;
const startedAt = performance.now();
const samples = [];
for (let round = 1; round <= rounds; round += 1) {
  await playRound(Math.round(streams / rounds));
  const gauges = await settled(gaugesOf, (open) => open === 0);
  if (gauges !== 0) problems.add(`after round ${round} the gauges still count ${gauges} as open`);
  await pause(300);
  const sample = await measure(program, { collect: true });
  const done = Math.round((streams * round) / rounds);
  samples.push([done, held(sample)]);
  console.log(
    `${done} streams: heap ${mega(sample.heapUsed)} MB, other ${mega(sample.external)} MB, rss ${mega(sample.rss)} MB`,
  );
}
const seconds = (performance.now() - startedAt) / 1_000;
await expectNothingOpen('after the last stream');
const { resources } = await measure(program, { collect: true });
for (const name of ['TCPSocketWrap', 'Timeout']) {
  const [before, after] = [countOf(resourcesBefore, name), countOf(resources, name)];
  if (after > before + 3) problems.add(`${after} of ${name} are left, where ${before} were`);
}
const { slope, error } = trend(samples.slice(warmUp));
const isJudged = streams >= judgedFrom;
if (isJudged && slope - 3 * error > tolerance) {
  problems.add(`memory grows by ${slope.toFixed(0)} ± ${error.toFixed(0)} bytes a stream`);
}
console.log(
  `${streams} streams in ${seconds.toFixed(0)} s; memory changes by ${slope.toFixed(0)} ± ${error.toFixed(0)} bytes a stream${isJudged ? '' : ', too few to be judged by'}`,
);

/** Those who ask for a reply without end, and never read. */
async function playReaders() {
  const before = await measure(program, { collect: true });
  const { port } = new URL(program.url);
  const body = JSON.stringify({ message: 'flood please', stream: true });
  const sockets = Array.from({ length: readers }, (_, index) => {
    const socket = connect(Number(port), '127.0.0.1');
    socket.on('error', () => undefined);
    socket.pause();
    socket.write(
      `POST /v1/api/chat/${index % 2 ? 'support-agent' : 'agent-slug'} HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer demo-key\r\n` +
        `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    return socket;
  });
  let flooded = -1;
  const isStuck = (told) => {
    const stuck = told.flooded > 0 && told.flooded === flooded;
    flooded = told.flooded;
    return stuck;
  };
  const told = await settled(async () => {
    await pause(900);
    return askUpstream();
  }, isStuck);
  const open = await gaugesOf();
  const after = await measure(program, { collect: true });
  for (const socket of sockets) socket.destroy();
  const cost = (held(after) - held(before)) / readers;
  const written = told.flooded / readers;
  console.log(
    `${readers} readers of nothing cost ${Math.round(cost / 1024)} KiB each; the upstream wrote ${mega(written)} MB for each, ${open} are open`,
  );
  if (cost > readerCost) problems.add(`one who does not read costs ${Math.round(cost)} bytes`);
  // Without back-pressure each reply would have come to its bounds, and would have ended.
  if (open < 2 * readers)
    problems.add(`of ${readers} who do not read some are gone: ${open} of their streams are open`);
}

await playReaders();
await expectNothingOpen('after the readers');
web.close();
const { code } = await program.stop();
if (code !== 0) problems.add(`the program ended with ${code}`);
await upstream.stop();
for (const problem of problems) console.log(`! ${problem}`);
await removeFolder(folder);
process.exit(problems.size === 0 ? 0 : 1);
