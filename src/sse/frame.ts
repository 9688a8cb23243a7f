const anyLineEnd = /\r\n|\r|\n/;

/**
 * A message as bytes on the wire: `event:`, `id:`, then one `data:` line per line of text, each field with one space after its
 * colon, `\n` line ends, and a blank line. Clients of these dialects split on `\n` and look for `data: ` to the letter.
 */
export function frame(message: SseMessage): string {
  const head =
    (message.event === undefined ? '' : `event: ${message.event}\n`) +
    (message.id === undefined ? '' : `id: ${message.id}\n`);
  // Most messages are one line of JSON, which holds no line end: the split is for the others.
  const { data } = message;
  if (!data.includes('\n') && !data.includes('\r')) return `${head}data: ${data}\n\n`;
  const lines = data.split(anyLineEnd).map((line) => `data: ${line}\n`);
  return `${head}${lines.join('')}\n`;
}

/**
 * A comment that clients pass over: keeps proxies from closing a quiet stream. One line end, for some readers take a blank line after
 * it for an event without data.
 */
export const heartbeat = ': ping\n';

/** Tells a client how long to wait (milliseconds) before it opens a stream again that has ended. */
export const retryAfter = (ms: number): string => `retry: ${ms}\n`;

/** One message of a server-sent event stream, without its framing. A WebSocket carries `data` alone, as a text frame. */
export interface SseMessage {
  readonly event?: string;
  readonly id?: string;
  readonly data: string;
}
