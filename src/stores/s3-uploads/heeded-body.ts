import { Readable } from 'node:stream';
import { GatewayError } from '../../errors/index.ts';

/**
 * The bytes of a bucket's answer, read only as fast as they are asked for. It fails with `store-unavailable` where the answer breaks
 * off, or where bytes that are waited for do not come for `silenceMs`: a reader may take its time. Destroying it ends the answer.
 */
export function heedBody(body: Readable, { what, silenceMs }: { readonly what: string; readonly silenceMs: number }) {
  let timer: NodeJS.Timeout | undefined;
  const fail = (how: string) => content.destroy(new GatewayError('store-unavailable', `${what}: ${how}`));
  const content = new Readable({
    read() {
      clearTimeout(timer);
      timer = setTimeout(() => fail('it fell silent'), silenceMs);
      body.resume();
    },
    destroy(error, done) {
      clearTimeout(timer);
      body.destroy();
      done(error);
    },
  });
  content.on('error', () => undefined); // whoever reads it hears of it; nobody else need
  body.pause();
  body.on('data', (chunk: Buffer) => {
    clearTimeout(timer);
    body.pause();
    content.push(chunk);
  });
  body.on('end', () => {
    clearTimeout(timer);
    content.push(null);
  });
  body.on('error', () => fail('it broke off')); // a connection that is closed too early is an error too
  return content;
}
