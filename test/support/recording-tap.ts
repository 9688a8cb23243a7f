import { request as ask, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { RecordedHeaders, Recorder } from '../../src/cassettes/index.ts';
import type { Dialect } from '../../src/dialects/dialect.ts';

export interface Tap {
  readonly url: string;
  close(): Promise<void>;
}

/** Passes everything on to a server, and has what passes recorded. */
export async function runTap(target: string, dialect: Dialect, recorder: Recorder): Promise<Tap> {
  const server = createServer((incoming, outgoing) => {
    const recording = recorder.begin(dialect, {
      method: incoming.method ?? '',
      target: incoming.url ?? '',
      headers: incoming.headers as RecordedHeaders, // Node leaves out what is undefined
    });
    const { method, headers } = incoming;
    const { host: _, ...passed } = headers;
    const onward = ask(`${target}${incoming.url ?? ''}`, { method, headers: passed, agent: false }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 0, answer.headers);
      outgoing.flushHeaders();
      recording?.head(answer.statusCode ?? 0, answer.headers as RecordedHeaders); // as above
      answer.on('data', (bytes: Buffer) => {
        recording?.chunk(bytes);
        outgoing.write(bytes);
      });
      answer.on('end', () => {
        recording?.end('whole');
        outgoing.end();
      });
      answer.on('error', (failure: NodeJS.ErrnoException) => {
        const isReset = failure.code === 'ECONNRESET' && failure.message !== 'aborted';
        recording?.end(isReset ? 'reset' : 'cut');
        outgoing.destroy();
      });
    });
    onward.on('error', () => {
      recording?.end('reset');
      outgoing.destroy();
    });
    incoming.on('data', (bytes: Buffer) => {
      recording?.sent(bytes);
      onward.write(bytes);
    });
    incoming.on('end', () => onward.end());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // it listens on TCP
  return {
    url: `http://127.0.0.1:${port}`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
