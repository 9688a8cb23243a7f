import { defined } from '../../canonical/index.ts';
import { type CompletionReader, createCompletionReader } from '../../dialects/openai/completion-reader.ts';
import { cutOff, type ModelEvent, type StreamDecoder } from '../language-model/index.ts';

/** Reads a whole chat completion. Throws `upstream-protocol` if it is none, and what it says where it is an error. */
export function decodeDocument(document: unknown): readonly ModelEvent[] {
  const reader = createCompletionReader();
  const { text } = reader.readDocument(document);
  return [...(text === '' ? [] : [{ type: 'text-delta' as const, text }]), ...endOf(reader)];
}

/** Reads the stream of one chat completion. */
export function createDecoder(): StreamDecoder {
  const reader = createCompletionReader();
  return {
    isFinished: reader.isFinished,
    read(message, events) {
      const said = reader.read(message);
      if (said === undefined) events.push(...endOf(reader));
      else if (said.text !== '') events.push({ type: 'text-delta', text: said.text });
      return said === undefined;
    },
    finish() {
      // Some servers close without `[DONE]`: that the model had finished is what counts. Our choice.
      if (!reader.isFinished()) throw cutOff();
      return endOf(reader);
    },
  };
}

function endOf(reader: CompletionReader): readonly ModelEvent[] {
  const { calls, finishReason: told, model, usage, own } = reader.end();
  const finishReason = told === 'tool-calls' ? 'stop' : told;
  return [
    ...calls.map((call) => ({ type: 'tool-call' as const, call })),
    // Nought is what servers tell that do not count; that there are calls, the calls say.
    defined({ type: 'model-end' as const, finishReason, model, usage: usage?.totalTokens ? usage : undefined, own }),
  ];
}
