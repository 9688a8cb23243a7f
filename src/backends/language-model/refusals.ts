import { fieldsOf, parseJson } from '../../dialects/json.ts';
import { errorIn, messageOf, refusalError } from '../../dialects/vendor-failures.ts';
import type { GatewayError } from '../../errors/index.ts';
import type { OriginAnswer } from '../../network/index.ts';

/** So much of what a vendor says is shown to operators, in characters. Our choice. */
const maxSaid = 200;

/** What must not be shown of what a vendor says. */
export interface Unsaid {
  /** Keys and the like, as they are. */
  readonly secrets: readonly string[];
  /** What visitors and the model said: a vendor may repeat it, and it is not for logs. */
  readonly texts: readonly string[];
}

/** The error that an answer without success brings, as JSON, or as the first message of a stream; `undefined` if it brings none. */
export async function errorOf(answer: OriginAnswer): Promise<unknown> {
  try {
    const document = (await answer.kind()) === 'document' ? await answer.document() : await firstMessage(answer);
    return errorIn(document) ?? document;
  } catch {
    return undefined; // an error page that is not JSON says no more than its status
  } finally {
    answer.discard();
  }
}

async function firstMessage(answer: OriginAnswer): Promise<unknown> {
  for await (const batch of answer.messages()) for (const { data } of batch) return parseJson(data);
  return undefined;
}

/** Our error for a refusal, with what the vendor says as far as operators may read it. */
export function refusalOf({ status, headers }: OriginAnswer, error: unknown, unsaid: Unsaid): GatewayError {
  return refusalError({ status, headers, error: fieldsOf(error) }, readable(messageOf(error), unsaid));
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
