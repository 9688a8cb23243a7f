import { anthropicProtocol } from '../../../../src/backends/anthropic/index.ts';
import type { Backend } from '../../../../src/backends/backend.ts';
import { createVendorBackend } from '../../../../src/backends/language-model/index.ts';
import { openaiProtocol } from '../../../../src/backends/openai/index.ts';
import { type ChatEvent, foldReply, type Message, type Turn } from '../../../../src/canonical/index.ts';
import type { Catalog } from '../../../../src/catalog/index.ts';
import type { AnthropicBackendSettings, OpenaiBackendSettings } from '../../../../src/config/index.ts';
import { createAddressGuard } from '../../../../src/network/index.ts';
import { guardReply } from '../../../support/guard-reply.ts';
import { callOf, contextOf, turnOf } from '../catalog/conversation.ts';

export const vendors = ['openai', 'anthropic'] as const;
export type Vendor = (typeof vendors)[number];

export interface VendorOptions extends Partial<Omit<OpenaiBackendSettings, 'type' | 'catalog' | 'baseUrl'>> {
  readonly url: string;
  readonly catalog?: Catalog;
}

/** A backend that asks a vendor's stand-in. */
export function vendorBackend(vendor: Vendor, { url, catalog, ...rest }: VendorOptions): Backend {
  const common = {
    baseUrl: vendor === 'openai' ? `${url}/v1` : url,
    apiKey: 'vendor-key',
    headers: {},
    apiKeys: [],
    body: {},
    query: {},
    streaming: 'auto' as const,
    vision: true,
    model: 'model-1',
    tools: true,
    pageQuery: false,
    reasoning: 'hide' as const,
    images: { hosts: [] },
    history: { messages: 50, characters: 40_000 },
    timeouts: {},
    ...rest,
  };
  const addresses = createAddressGuard();
  if (vendor === 'openai') {
    const settings: OpenaiBackendSettings & { timeouts: object } = { type: vendor, ...common };
    return createVendorBackend({
      name: vendor,
      settings,
      protocol: openaiProtocol(settings),
      catalog,
      addresses,
      learnt: () => undefined,
    });
  }
  const settings: AnthropicBackendSettings & { timeouts: object } = { type: vendor, ...common };
  return createVendorBackend({
    name: vendor,
    settings,
    protocol: anthropicProtocol(settings),
    catalog,
    addresses,
    learnt: () => undefined,
  });
}

export interface Talk {
  readonly history?: readonly Message[];
  readonly signal?: AbortSignal;
}

/** A turn's answer, batch by batch, after the guard has accepted it. */
export function answerOf(backend: Backend, turn: Partial<Turn> & { readonly text: string }, talk: Talk = {}) {
  const stream = backend.answer(turnOf(turn.text, turn), contextOf(talk.history), callOf(talk.signal));
  return guardReply(stream);
}

/** The whole of it. */
export function replyTo(backend: Backend, turn: Partial<Turn> & { readonly text: string }, talk: Talk = {}) {
  return foldReply(answerOf(backend, turn, talk), '2026-01-05T10:00:00Z');
}

/** What was said, and how it ended. */
export async function outcomeOf(stream: AsyncIterable<readonly ChatEvent[]>) {
  const events: ChatEvent[] = [];
  try {
    for await (const batch of stream) events.push(...batch);
    return { events };
  } catch (error: any) {
    return { events, error };
  }
}
