import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defined } from '../../src/canonical/index.ts';
import { frame, heartbeat } from '../../src/sse/index.ts';
import { someText } from '../support/arbitraries.ts';
import { parseAll } from '../support/streams.ts';

const bytes = (text: string) => new TextEncoder().encode(text);

describe('frame', () => {
  it('writes what clients that split on line ends look for', () => {
    expect(frame({ data: '{"chunk":"Hi"}' })).toBe('data: {"chunk":"Hi"}\n\n');
    expect(frame({ event: 'update', id: '7', data: 'x' })).toBe('event: update\nid: 7\ndata: x\n\n');
    expect(frame({ id: '', data: '' })).toBe('id: \ndata: \n\n');
  });

  it('writes one field a line of text, whatever ends the lines', () => {
    expect(frame({ data: 'a\nb\r\nc\rd' })).toBe('data: a\ndata: b\ndata: c\ndata: d\n\n');
  });

  it('is read again as it was, with line ends in one spelling', () => {
    const messages = fc
      .record(
        { event: fc.stringMatching(/^[a-z-]{1,10}$/), id: fc.stringMatching(/^[a-z0-9.-]{1,10}$/), data: someText() },
        { requiredKeys: ['data'] },
      )
      .map(defined);
    fc.assert(
      fc.property(fc.array(messages), (list) => {
        const read = parseAll([bytes(list.map(frame).join(''))]);
        expect(read.map(({ event, data }) => ({ event, data }))).toEqual(
          list.map(({ event, data }) => ({ event, data: data.replaceAll(/\r\n|\r/g, '\n') })),
        );
      }),
    );
  });
});

describe('heartbeat', () => {
  it('is a comment that no client takes for a message', () => {
    expect(heartbeat).toBe(': ping\n');
    expect(parseAll([bytes(heartbeat.repeat(3))])).toEqual([]);
  });
});
