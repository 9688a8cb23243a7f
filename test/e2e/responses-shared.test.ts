import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import OpenAI from 'openai';
import { afterEach, describe, expect, it, onTestFinished } from 'vitest';
import { hasAll, hasProgram } from '../support/needs.ts';
import { emptyFolder, removeFolder } from '../support/program.mjs';
import { runSharedGateways, type SharedGateways } from '../support/shared-gateways.ts';

let shared: SharedGateways | undefined;
afterEach(async () => {
  await shared?.close();
  shared = undefined;
});

const clientOf = (index: 0 | 1) => {
  if (shared === undefined) throw new Error('nothing was started');
  return new OpenAI({ apiKey: 'demo-key', baseURL: `${shared.url(index)}/v1`, maxRetries: 0 });
};

/** Says what was said before, and the message in brackets. */
const echo = `export default () => ({
  async *answer(turn, { replyId, history }) {
    const before = (turn.history ?? (await history())).map(({ text }) => text);
    const text = [...before, '[' + turn.text + ']'].join('|');
    yield [{ type: 'reply-start', replyId }, { type: 'text-delta', text }, { type: 'reply-end', finishReason: 'stop' }];
  },
});`;

type Asked = OpenAI.Responses.ResponseCreateParamsNonStreaming;

/** Asks one of the processes, plain or streamed. */
async function create(
  index: 0 | 1,
  asked: Omit<Asked, 'model'>,
  isStreamed: boolean,
): Promise<OpenAI.Responses.Response> {
  const request = { model: 'support-agent', ...asked };
  if (!isStreamed) return clientOf(index).responses.create(request);
  for await (const event of await clientOf(index).responses.create({ ...request, stream: true })) {
    if (event.type === 'response.completed') return event.response;
  }
  throw new Error('the stream ended without its response');
}

const textOf = ({ output }: OpenAI.Responses.Response): string =>
  output
    .flatMap((item) => (item.type === 'message' ? item.content : []))
    .map((part) => (part.type === 'output_text' ? part.text : ''))
    .join('');

describe.runIf(hasAll({ 'redis-server': hasProgram('redis-server') }))(
  'responses of processes that share Redis',
  () => {
    it.each([false, true])('are followed at another one, over and over (streamed: %s)', async (isStreamed) => {
      shared = await runSharedGateways(2);
      const first = await create(0, { input: 'Do you ship to Canada?' }, isStreamed);
      expect(textOf(first)).not.toBe('');
      const second = await create(1, { input: 'And to Norway?', previous_response_id: first.id }, isStreamed);
      expect(textOf(second)).not.toBe('');
      expect(second.previous_response_id).toBe(first.id);
      const branch = await create(0, { input: 'And on Sundays?', previous_response_id: second.id }, !isStreamed);
      expect(branch.previous_response_id).toBe(second.id);
      expect(new Set([first.id, second.id, branch.id]).size).toBe(3);
    });

    it.each([false, true])('go on for a module, which is told what was said (streamed: %s)', async (isStreamed) => {
      const folder = await emptyFolder();
      onTestFinished(() => removeFolder(folder));
      const path = join(folder, 'echo.mjs');
      await writeFile(path, echo);
      shared = await runSharedGateways(2, {
        configure(demo) {
          demo.backends.shop = { type: 'module', path };
        },
      });
      const first = await create(0, { input: 'One' }, isStreamed);
      expect(textOf(first)).toBe('[One]');
      const second = await create(1, { input: 'Two', previous_response_id: first.id }, isStreamed);
      expect(textOf(second)).toBe('One|[One]|[Two]');
      const branch = await create(1, { input: 'Three', previous_response_id: first.id }, isStreamed);
      expect(textOf(branch)).toBe('One|[One]|[Three]');
    });
  },
);
