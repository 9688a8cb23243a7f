import { describe, expect, it } from 'vitest';
import { createSseParser, maxFrameLength } from '../../src/sse/index.ts';
import { parseAll } from '../support/streams.ts';
import { crumble, cutEverywhere } from '../support/wire.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const dataOf = (text: string) => parseAll([bytes(text)]).map(({ data }) => data);

describe('failure 1: an event split over two chunks', () => {
  it('is one event, wherever the cut is', () => {
    const stream = bytes('data: {"usage":{"total":7}}\n\ndata: [DONE]\n\n');
    for (const pieces of cutEverywhere(stream)) {
      expect(parseAll(pieces)).toEqual([{ data: '{"usage":{"total":7}}' }, { data: '[DONE]' }]);
    }
  });
});

describe('failure 2: line ends and spaces', () => {
  it.each([
    ['LF', '\n'],
    ['CRLF', '\r\n'],
    ['CR', '\r'],
  ])('are read with %s', (_name, end) => {
    expect(dataOf(`data: a${end}data:b${end}${end}data:  c${end}${end}`)).toEqual(['a\nb', ' c']);
  });

  it('may be mixed in one stream', () => {
    expect(dataOf('data: a\r\n\ndata: b\r\rdata: c\n\r\n')).toEqual(['a', 'b', 'c']);
  });
});

describe('failure 3: a chunk is not an event', () => {
  it('when many events come in one chunk', () => {
    expect(createSseParser().push(bytes('data: 1\n\ndata: 2\n\ndata: 3\n\nda'))).toHaveLength(3);
  });

  it('gives the last event at the end of the stream, though its blank line is missing', () => {
    expect(dataOf('data: 1\n\ndata: 2')).toEqual(['1', '2']);
    expect(dataOf('data: 1\n\ndata: 2\n')).toEqual(['1', '2']);
    expect(dataOf('data: 1\n\ndata: 2\n\n')).toEqual(['1', '2']);
  });

  it('keeps no more than 1 MiB of an event that does not end', () => {
    const parser = createSseParser();
    const piece = bytes('x'.repeat(65_536));
    parser.push(bytes('data: '));
    const feed = () => {
      for (let fed = 0; fed <= maxFrameLength; fed += piece.length) parser.push(piece);
    };
    expect(feed).toThrow(expect.objectContaining({ code: 'upstream-protocol' }));
  });

  it('nor of one with many lines', () => {
    const parser = createSseParser();
    const lines = bytes(`data: ${'x'.repeat(1000)}\n`.repeat(64));
    const feed = () => {
      for (let fed = 0; fed <= 2 * maxFrameLength; fed += lines.length) parser.push(lines);
    };
    expect(feed).toThrow(expect.objectContaining({ code: 'upstream-protocol' }));
  });
});

describe('failure 4: a cut inside a character', () => {
  it('leaves characters of two, three and four bytes whole', () => {
    const stream = bytes('data: é€日👩‍👩‍👧\n\n');
    for (const pieces of cutEverywhere(stream)) expect(parseAll(pieces)).toEqual([{ data: 'é€日👩‍👩‍👧' }]);
  });
});

describe('failure 5: bytes one at a time', () => {
  it('spoil no character', () => {
    const text = '日本語のテキスト 👍🏽 한국어';
    expect(parseAll(crumble(bytes(`data: ${text}\n\n`)))).toEqual([{ data: text }]);
  });

  it('replace only what is no UTF-8, and go on', () => {
    const broken = Uint8Array.from([...bytes('data: a'), 0xff, 0xe2, 0x82, ...bytes('b\n\ndata: c\n\n')]);
    expect(parseAll(crumble(broken))).toEqual([{ data: 'a\ufffd\ufffdb' }, { data: 'c' }]);
  });
});

describe('failure 6: comments and bad frames', () => {
  it('are passed over', () => {
    expect(dataOf(': ping\n\ndata: 1\n\n: ping\ndata: 2\n: ping\n\n:\n\n')).toEqual(['1', '2']);
    expect(dataOf('garbage\n\nretry: soon\n\nunknown: x\n\n\u0000\n\ndata: 1\n\n')).toEqual(['1']);
  });
});

describe('failure 7: the examples of the WHATWG standard', () => {
  it('stock ticks: one event of three lines', () => {
    expect(dataOf('data: YHOO\ndata: +2\ndata: 10\n\n')).toEqual(['YHOO\n+2\n10']);
  });

  it('a comment, an id, an id that is reset, and a space that counts', () => {
    const stream = ': test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event';
    expect(parseAll([bytes(stream)])).toMatchObject([
      { data: 'first event', id: '1' },
      { data: 'second event' },
      { data: ' third event' },
    ]);
  });

  it('events without text: one empty, one of a line end', () => {
    expect(dataOf('data\n\ndata\ndata\n\n')).toEqual(['', '\n']);
  });

  it('the space after the colon makes no difference', () => {
    expect(dataOf('data:test\n\ndata: test\n\n')).toEqual(['test', 'test']);
  });

  it('a byte order mark is passed over at the start, and only there', () => {
    expect(dataOf('\ufeffdata: 1\n\ndata: \ufeff2\n\n')).toEqual(['1', '\ufeff2']);
  });

  it('names of events are kept, and fields without data are no event', () => {
    expect(parseAll([bytes('event: add\ndata: 7\n\nevent: remove\n\nid: 4\n\n')])).toEqual([
      { event: 'add', data: '7' },
    ]);
  });
});

describe('failure 8: a colon in the text', () => {
  it('is text, after the first one', () => {
    expect(dataOf('data: {"a": "b: c", "url": "https://x"}\n\ndata:a: b\n\n')).toEqual([
      '{"a": "b: c", "url": "https://x"}',
      'a: b',
    ]);
  });
});
