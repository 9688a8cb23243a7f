import type { Json, JsonObject } from '../../canonical/index.ts';
import { GatewayError } from '../../errors/index.ts';

/** Our choice: deeper than anyone means, and far from where a recursive writer runs out of stack. */
const maxDepth = 32;

/** Of JSON text, in UTF-8. Our choice: it is written again with every message of the chat. */
export const maxMetadataBytes = 16_384;

/**
 * A client's own metadata; `undefined` for none. Throws `invalid-request` where it is nested deeper than 32 levels, or takes more than 16 KiB
 * of JSON.
 */
export function decodeMetadata(metadata: JsonObject | null | undefined): JsonObject | undefined {
  if (metadata === null || metadata === undefined) return undefined;
  let level: readonly Json[] = [metadata];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > maxDepth) throw refused(metadata, 'maxDepth', `must not be nested deeper than ${maxDepth} levels`);
    level = level.flatMap(childrenOf);
  }
  if (Buffer.byteLength(JSON.stringify(metadata)) > maxMetadataBytes) {
    throw refused(metadata, 'maxBytes', `must be at most ${maxMetadataBytes} bytes of JSON`);
  }
  return metadata;
}

function childrenOf(value: Json): readonly Json[] {
  return typeof value === 'object' && value !== null ? Object.values(value).filter(isNested) : [];
}

function isNested(value: Json): boolean {
  return typeof value === 'object' && value !== null;
}

function refused(value: JsonObject, rule: 'maxDepth' | 'maxBytes', message: string): GatewayError {
  return new GatewayError('invalid-request', `metadata ${message}`, {
    violations: [{ path: ['body', 'metadata'], rule, params: {}, value, message }],
  });
}
