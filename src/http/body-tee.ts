import type { Request } from 'express';
import { GatewayError } from '../errors/index.ts';

/** The bytes of a body as they came, beside whoever else reads it. */
export interface BodyTee {
  /** All of them, once the body was read. Throws `payload-too-large` if they were more than may be kept. */
  whole(): Buffer;
  /** Keeps no more, and forgets. */
  stop(): void;
}

/** Keeps what is read of a body. Begin to read it in the same step: it flows from then on. */
export function teeBody(request: Request, maxBytes: number): BodyTee {
  let chunks: Buffer[] = [];
  let size = 0;
  const keep = (chunk: Buffer): void => {
    size += chunk.length;
    if (size <= maxBytes) chunks.push(chunk);
    else chunks = [];
  };
  request.on('data', keep);
  return {
    whole() {
      if (size > maxBytes) throw new GatewayError('payload-too-large', 'The request is too large');
      return Buffer.concat(chunks);
    },
    stop() {
      request.off('data', keep);
      chunks = [];
    },
  };
}
