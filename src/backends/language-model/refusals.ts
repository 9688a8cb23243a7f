import { parseJson } from '../../dialects/json.ts';
import { errorIn, messageOf } from '../../dialects/vendor-error.ts';
import { refusalError } from '../../dialects/vendor-failures.ts';
import type { GatewayError } from '../../errors/index.ts';
import type { OriginAnswer } from '../../network/index.ts';

/** So much of what a vendor says is shown to operators, in characters. Our choice. */
const maxSaid = 200;

/** So much of a sentence that is no JSON is read, in characters. Our choice. */
const maxSentence = 4_000;

/** What must not be shown of what a vendor says. */
export interface Unsaid {
  /** Keys and the like, as they are. */
  readonly secrets: readonly string[];
  /** What visitors and the model said: a vendor may repeat it, and it is not for logs. */
  readonly texts: readonly string[];
}

/** The error that an answer without success brings: as JSON, as the first message of a stream, or as a plain sentence; `undefined` if it brings none. */
export async function errorOf(answer: OriginAnswer): Promise<unknown> {
  try {
    const told = (await answer.kind()) === 'stream' ? await firstMessage(answer) : await answer.text();
    // An error page says no more than its status.
    if (told === undefined || told.startsWith('<')) return undefined;
    const document = parseJson(told);
    return document === undefined ? told.slice(0, maxSentence) : (errorIn(document) ?? document);
  } catch {
    return undefined;
  } finally {
    answer.discard();
  }
}

async function firstMessage(answer: OriginAnswer): Promise<string | undefined> {
  for await (const batch of answer.messages()) for (const { data } of batch) return data;
  return undefined;
}

/** Our error for a refusal, with what the vendor says as far as operators may read it. */
export function refusalOf({ status, headers }: OriginAnswer, error: unknown, unsaid: Unsaid): GatewayError {
  return refusalError({ status, headers, error }, readable(messageOf(error), unsaid));
}

/** A vendor's sentence without what is quoted, without secrets, and without any longer word that a visitor or the model used. */
export function readable(message: string, { secrets, texts }: Unsaid): string {
  const plain = secrets
    .filter((secret) => secret.length > 3)
    .reduce((text, secret) => text.replaceAll(secret, '…'), message);
  const used = new Set(texts.flatMap(wordsOf));
  return plain
    .replace(/"[^"]*(?:"|$)|“[^”]*(?:”|$)|`[^`]*(?:`|$)|'[^']{3,}'/g, '…')
    .replace(/\b(?:sk|pk|key|org|proj)[-_][\w-]{6,}|\bBearer \S+|\b[\w+/-]{24,}={0,2}/gi, '…')
    .replace(/[\p{L}\p{N}]+/gu, (word) => (word.length > 3 && used.has(word.toLowerCase()) ? '…' : word))
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, maxSaid);
}

const wordsOf = (text: string): readonly string[] => text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
