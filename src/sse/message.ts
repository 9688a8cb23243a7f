/** One message of a server-sent event stream, without its framing. A WebSocket carries `data` alone, as a text frame. */
export interface SseMessage {
  readonly event?: string;
  readonly id?: string;
  readonly data: string;
}
