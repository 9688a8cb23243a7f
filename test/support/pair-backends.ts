import { LLMock } from '@copilotkit/aimock';
import { GatewayError } from '../../src/errors/index.ts';
import { upstreamConfig, type upstreamDialects } from './back-to-back.ts';
import type { CutWire } from './cut-wire.ts';
import type { Ear } from './ear.ts';
import { deltas, items, type Scene, secret, suggestions } from './pair-fixtures.ts';
import type { createScriptedBackend } from './scripted-backend.ts';
import { vendorReplies } from './vendor-replies.ts';
import type { RawServer } from './vendor-server.ts';

/** Who answers behind the gateway, and what plays it. */
export interface PairBackend {
  readonly name: string;
  /** The agents that it answers, by name, and their backends' configuration. */
  readonly agents: Readonly<Record<string, object>>;
  /** What cannot happen to it has no scene. */
  readonly scenes: Partial<Readonly<Record<Scene, Staging>>>;
}

export interface Staging {
  readonly agent: string;
  readonly question: string;
  /** Plays the scene to who asks meanwhile; nothing, where a server plays by itself. */
  play?(ear: Ear): Promise<void>;
}

const once = { retry: { attempts: 1 }, breaker: { failures: 10_000 } };

/** The demo's own. It is a part of the gateway: nothing lies between that could break. */
export const catalogBackend: PairBackend = {
  name: 'catalog',
  agents: { catalog: { type: 'catalog', catalog: 'shop', questions: './questions.yaml' } },
  scenes: {
    answer: { agent: 'catalog', question: 'Wann habt ihr geöffnet?' },
    items: { agent: 'catalog', question: 'a quilted vest' },
  },
};

type Vendor = keyof typeof vendorReplies;

const question = (scene: Scene): string => `Was kostet das „Bett“?\n(${scene})`;

/** Whether the client hears what is said while it is said. */
const hears = (ear: Ear, text: string): Promise<void> =>
  ear.until((all) => all.includes(JSON.stringify(text).slice(1, -1)));

/** A vendor's model: played by a server that others wrote where that can, and byte by byte where it cannot. */
export function modelBackend(vendor: Vendor, mock: LLMock, server: RawServer): PairBackend {
  const config = (url: string) => ({
    type: vendor,
    baseUrl: vendor === 'openai' ? `${url}/v1` : url,
    apiKey: 'vendor-key',
    model: 'model-1',
    catalog: 'pairs',
    ...once,
  });
  const byHand = `${vendor}-by-hand`;
  const handPlayed = (scene: PlayedByHand): Staging => ({
    agent: byHand,
    question: question(scene),
    play: (ear) => playByHand(scene, { vendor, server, ear }),
  });
  return {
    name: vendor,
    agents: { [vendor]: config(mock.url), [byHand]: config(server.url) },
    scenes: {
      answer: { agent: vendor, question: question('answer') },
      items: handPlayed('items'),
      'error-before': { agent: vendor, question: question('error-before') },
      'error-midway': handPlayed('error-midway'),
      'cut-midway': handPlayed('cut-midway'),
    },
  };
}

/** Counted in either vendor's words. */
const usage = { prompt_tokens: 7, completion_tokens: 5, total_tokens: 12, input_tokens: 7, output_tokens: 5 };

/** The vendors' server that others wrote, and what it says to everyone. */
export async function startMock(): Promise<LLMock> {
  const mock = new LLMock({ port: 0, chunkSize: 25 });
  mock.on({ userMessage: question('answer') }, { content: deltas.join(''), usage });
  mock.on({ userMessage: question('error-before') }, { error: { message: secret, type: 'overloaded' }, status: 503 });
  await mock.start();
  return mock;
}

type PlayedByHand = 'items' | 'error-midway' | 'cut-midway';

interface Hands {
  readonly vendor: Vendor;
  readonly server: RawServer;
  readonly ear: Ear;
}

async function playByHand(scene: PlayedByHand, { vendor, server, ear }: Hands): Promise<void> {
  const { opening, delta, closing, whole, failure, calls } = vendorReplies[vendor];
  const shown = { items: [...items.map(({ id }) => ({ id, reason: 'Weil es "passt".' })), { id: 'made-up' }] };
  const call = { id: 'call_1', name: 'show_items', arguments: JSON.stringify(shown) };
  const asked = await server.next();
  const isStream = asked.json.stream === true;
  if (scene === 'items') {
    if (isStream) asked.end(opening + calls([call]));
    else asked.answer(200, whole('', [call]));
    const again = await server.next();
    if (isStream) again.end(opening + deltas.map(delta).join('') + closing);
    else again.answer(200, whole(deltas.join('')));
    return;
  }
  if (isStream) {
    asked.write(opening + delta(deltas[0]));
    await hears(ear, deltas[0]);
  } else {
    asked.head(200, { 'content-type': 'application/json' });
    asked.write(JSON.stringify(whole(deltas[0])).slice(0, -30));
  }
  if (scene === 'error-midway') asked.end(isStream ? failure('overloaded_error') : '');
  else asked.destroy();
}

interface Far {
  readonly script: ReturnType<typeof createScriptedBackend>;
  readonly wire: CutWire;
}

/** Another gateway that speaks one of the dialects, and is answered by a script. */
export function upstreamBackend(dialect: (typeof upstreamDialects)[number], far: Far): PairBackend {
  const staging = (scene: Scene): Staging => ({
    agent: dialect,
    question: question(scene),
    // What comes whole is heard when all of it has been said.
    play: (ear) => playScript(scene, { ...far, ear: dialect === 'item-discovery' ? undefined : ear }),
  });
  return {
    name: dialect,
    agents: { [dialect]: upstreamConfig(dialect, far.wire.url, once) },
    scenes: {
      answer: staging('answer'),
      items: staging('items'),
      'error-before': staging('error-before'),
      'error-midway': staging('error-midway'),
      'cut-midway': staging('cut-midway'),
    },
  };
}

async function playScript(scene: Scene, { script, wire, ear }: Far & { readonly ear: Ear | undefined }) {
  const reply = await script.next();
  const failure = new GatewayError('upstream-unavailable', secret);
  for (const text of spokenIn(scene)) {
    reply.say({ type: 'text-delta', text });
    if (ear) await hears(ear, text);
  }
  if (scene === 'items') reply.say({ type: 'items-found', items }, { type: 'suggestions', suggestions });
  if (scene === 'cut-midway') wire.cut();
  else if (scene.startsWith('error-')) reply.fail(failure);
  else reply.end();
}

function spokenIn(scene: Scene): readonly string[] {
  if (scene === 'error-before') return [];
  return scene.endsWith('-midway') ? deltas.slice(0, 1) : deltas;
}
