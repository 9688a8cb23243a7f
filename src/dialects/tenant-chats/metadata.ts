import type { Json, JsonObject } from '../../canonical/index.ts';
import { GatewayError } from '../../errors/index.ts';

/** Our choice: deeper than anyone means, and far from where a recursive writer runs out of stack. */
const maxDepth = 32;

/** A client's own metadata; `undefined` for none. Throws `invalid-request` where it is nested deeper than 32 levels. */
export function decodeMetadata(metadata: JsonObject | null | undefined): JsonObject | undefined {
  if (metadata === null || metadata === undefined) return undefined;
  let level: readonly Json[] = [metadata];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > maxDepth) throw tooDeep(metadata);
    level = level.flatMap(childrenOf);
  }
  return metadata;
}

function childrenOf(value: Json): readonly Json[] {
  return typeof value === 'object' && value !== null ? Object.values(value).filter(isNested) : [];
}

function isNested(value: Json): boolean {
  return typeof value === 'object' && value !== null;
}

function tooDeep(value: JsonObject): GatewayError {
  const message = `must not be nested deeper than ${maxDepth} levels`;
  return new GatewayError('invalid-request', `metadata ${message}`, {
    violations: [{ path: ['body', 'metadata'], rule: 'maxDepth', params: { limit: maxDepth }, value, message }],
  });
}
