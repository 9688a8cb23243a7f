import { readFileSync } from 'node:fs';
import { runInNewContext } from 'node:vm';
import { afterEach, describe, expect, it } from 'vitest';
import { type OverWire, runOverWire, type WireAnswer, wireClients } from '../support/field-wires.ts';

/** What upstreams really send: the first answer whose `when` holds of the request; numbers among its frames are pauses in milliseconds. */
interface Wire {
  readonly title: string;
  /** Where it was reported, of another system. */
  readonly source: string;
  readonly type: 'openai' | 'anthropic' | 'upstream';
  readonly settings: object;
  readonly answers: readonly (WireAnswer & { readonly when: string })[];
  readonly asked: readonly Asked[];
}

interface Asked {
  readonly client: keyof typeof wireClients;
  readonly session?: string;
  readonly message: string | { readonly begin?: string; readonly repeat: string; readonly times: number };
  readonly expected: { readonly status: number; readonly text?: string };
}

// Our own file, in the form above.
const wires = JSON.parse(readFileSync(new URL('llm-wires.json', import.meta.url), 'utf8')) as readonly Wire[];

let over: OverWire;
afterEach(() => over.close());

const messageOf = ({ message }: Asked): string =>
  typeof message === 'string' ? message : (message.begin ?? '') + message.repeat.repeat(message.times);

describe('what upstreams really send', () => {
  it.each(wires.map((wire) => [wire.title, wire.source, wire] as const))(
    '%s (%s)',
    { timeout: 60_000 },
    async (_, __, wire) => {
      const { type, settings, answers } = wire;
      over = await runOverWire({
        type,
        settings,
        answerTo: (request) => answers.find(({ when }) => runInNewContext(when, { ...request }) as boolean),
      });
      for (const asked of wire.asked) {
        const { status, text = '' } = await wireClients[asked.client](over.gateway.url, {
          message: messageOf(asked),
          session: asked.session ?? 's-1',
        });
        expect(text).not.toMatch(/<think>|<tool_call>/);
        const told = { status, ...(asked.expected.text !== undefined && { text: text.trim() }) };
        expect(told, `${asked.client}: ${JSON.stringify(asked.message)}`).toEqual(asked.expected);
      }
    },
  );
});
