import type { Json, JsonObject } from '../../canonical/index.ts';
import { GatewayError } from '../../errors/index.ts';

/** Our choice: deeper than anyone means, and far from where a recursive writer runs out of stack. */
const maxDepth = 32;

/** Of JSON text, in UTF-8. Our choice: it is written again with every message of the chat. */
export const maxMetadataBytes = 16_384;

/**
 * A client's own metadata; `undefined` for none. Throws `invalid-request` where it is nested deeper than 32 levels, takes more than 16 KiB
 * of JSON, or holds a number that would not come back as it was sent.
 */
export function decodeMetadata(metadata: JsonObject | null | undefined): JsonObject | undefined {
  if (metadata === null || metadata === undefined) return undefined;
  let level: readonly Json[] = [metadata];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > maxDepth) throw refused(metadata, 'maxDepth', `must not be nested deeper than ${maxDepth} levels`);
    if (level.some((value) => Object.values(value ?? {}).some(isLost))) {
      throw refused(
        metadata,
        'safeNumbers',
        `must hold whole numbers up to ${Number.MAX_SAFE_INTEGER} only: write others as text`,
      );
    }
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

/** Whole numbers that are read as others are told by their size alone: the text is gone. */
const isLost = (value: unknown): boolean =>
  typeof value === 'number' && !Number.isSafeInteger(value) && (Number.isInteger(value) || !Number.isFinite(value));

function isNested(value: Json): boolean {
  return typeof value === 'object' && value !== null;
}

function refused(value: JsonObject, rule: 'maxDepth' | 'maxBytes' | 'safeNumbers', message: string): GatewayError {
  return new GatewayError('invalid-request', `metadata ${message}`, {
    violations: [{ path: ['body', 'metadata'], rule, params: {}, value, message }],
  });
}
