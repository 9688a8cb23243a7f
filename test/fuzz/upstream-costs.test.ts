import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CostedGateway, startCosted } from '../support/costed-gateway.ts';
import { asEdits, dearEdits, expectCheap } from '../support/fuzz-costs.ts';
import { damaged, type Edit, edited, fuzzSettings } from '../support/fuzz-mutations.ts';
import { secrets } from '../support/fuzz-requests.ts';
import { type Kind, kinds, type Line, type StandIn } from '../support/stand-in.ts';

/** How an upstream's good answer is changed. */
interface Change {
  /** Which frame; a document has one. */
  readonly at: number;
  readonly edits: Parameters<typeof asEdits>[0];
  /** How often that frame is sent. */
  readonly times: number;
  /** How much of all is sent, 0 to 1. */
  readonly cut: number | undefined;
  readonly flips: readonly number[];
}

const change: fc.Arbitrary<Change> = fc.record({
  at: fc.nat(),
  edits: dearEdits,
  times: fc.constantFrom(1, 1, 1, 2, 300),
  cut: fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { nil: undefined, freq: 6 }),
  flips: fc.oneof(
    { weight: 6, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.array(fc.nat(), { maxLength: 8 }) },
  ),
});

/** What is sent together may not be more than this, in characters: what an upstream may send in all has bounds of its own. */
const mostSent = 1_000_000;

/** What is sent in place of a good answer, in order. */
function changed({ isDocument, steps }: Line, { at, edits, times, cut, flips }: Change): readonly string[] {
  const wires = isDocument ? [steps.map(({ wire }) => wire).join('')] : steps.map(({ wire }) => wire);
  const place = at % wires.length;
  const editing = asEdits(edits);
  const all = wires.flatMap((wire, index) => {
    if (index !== place) return [wire];
    const frame = editedFrame(wire, editing);
    return Array.from({ length: Math.max(1, Math.min(times, Math.floor(mostSent / (frame.length + 1)))) }, () => frame);
  });
  const kept = cut === undefined ? all : all.slice(0, Math.ceil(all.length * cut));
  return flips.length === 0 ? kept : kept.map((wire) => damaged(Buffer.from(wire), { flips }).toString('latin1'));
}

/** The JSON of a frame, or all of a document, with these edits. */
function editedFrame(wire: string, edits: readonly Edit[]): string {
  const [, before = '', json = '', after = ''] = /^([^{[]*)(.*?)(\n*)$/s.exec(wire) ?? [];
  if (json === '' || json === '[DONE]') return wire;
  return `${before}${JSON.stringify(edits.reduce<unknown>(edited, JSON.parse(json)))}${after}`;
}

const headers = { authorization: `Bearer ${secrets.key}`, 'content-type': 'application/json' };

/** Asks, gives every reply that is asked for, and waits until the client has its answer, whatever it is. */
async function askOnce({ url }: CostedGateway, upstream: StandIn, how: { isStreamed: boolean; change: Change }) {
  const messages = [{ role: 'user', content: 'A desk?' }];
  const body = JSON.stringify({ model: 'support-agent', messages, stream: how.isStreamed });
  const asking = fetch(`${url}/v1/chat/completions`, { method: 'POST', headers, body }).then((answer) => answer.text());
  const answered = asking.then(() => undefined);
  for (let line = await nextLine(); line !== undefined; line = await nextLine()) {
    line.send(...changed(line, how.change));
    line.end();
  }
  return asking;

  function nextLine(): Promise<Line | undefined> {
    waiting ??= upstream.next();
    return Promise.race([answered, waiting.then(take)]);
  }

  function take(line: Line): Line {
    waiting = undefined;
    return line;
  }
}

/** A reply that will be asked for: one that nobody asked for in one try is the next try's. */
let waiting: Promise<Line> | undefined;

function startOver(kind: Kind, { url }: StandIn): Promise<CostedGateway> {
  return startCosted({
    change(config) {
      const guards = { retry: { attempts: 1 }, breaker: { failures: 10_000, rest: '1s' } };
      const timeouts = { connect: '2s', firstEvent: '2s', idle: '2s', total: '5s' };
      config.migrations = [];
      config.backends = { legacy: { ...kind.backend(url), catalog: undefined, ...guards, timeouts } };
      for (const tenant of config.tenants) {
        for (const agent of tenant.agents) agent.route = { backend: 'legacy' };
      }
    },
  });
}

describe.each(kinds)('whatever is answered costs no more than it may: $name', (kind) => {
  let upstream: StandIn;
  let gateway: CostedGateway;
  beforeAll(async () => {
    waiting = undefined;
    upstream = await kind.start();
    gateway = await startOver(kind, upstream);
  });
  afterAll(async () => {
    await gateway.close();
    await upstream.close();
  });

  it.each([
    { how: 'whole', isStreamed: false },
    { how: 'streamed', isStreamed: true },
  ])('$how', { timeout: 120_000 }, async ({ isStreamed }) => {
    const good = { at: 0, edits: [], times: 1, cut: undefined, flips: [] };
    expect(await askOnce(gateway, upstream, { isStreamed, change: good })).toContain('two');
    const property = fc.asyncProperty(change, (change) =>
      expectCheap(gateway, () => askOnce(gateway, upstream, { isStreamed, change })),
    );
    await fc.assert(property, fuzzSettings(0.1 / kinds.length));
  });
});
