import { describe, expect, it } from 'vitest';
import { withPlaceholders } from '../support/placeholders.ts';

const first = 'ab12cd34-ef56-4890-ab12-cd34ef567890';
const second = 'f1e2d3c4-b5a6-4890-b1c2-d3e4f5a6b7c8';

describe('placeholders', () => {
  it('number ids as they appear, and show which are the same', () => {
    expect(withPlaceholders(`${first} msg-${second} chatcmpl-${first}`)).toBe(
      '<uuid-1> msg-<uuid-2> chatcmpl-<uuid-1>',
    );
    expect(withPlaceholders(`${first} conv_${first.replaceAll('-', '')}`)).toBe('<uuid-1> conv_<uuid-1>');
    expect(withPlaceholders('{"conversation_id":50} {"conversation_id":7}')).toBe(
      '{"conversation_id":<number-1>} {"conversation_id":<number-2>}',
    );
  });

  it('give an id that is known its name', () => {
    expect(withPlaceholders(`${second} ${first}`, { [first]: '<chat>' })).toBe('<uuid-1> <chat>');
  });

  it('stand for times and for replies in a cursor', () => {
    expect(withPlaceholders('{"at":"2026-11-21T23:52:35.707Z","created":1795305156}')).toBe(
      '{"at":"<time>","created":<time>}',
    );
    expect(withPlaceholders('x-ratelimit-reset: 1795308756\n')).toBe('x-ratelimit-reset: <time>\n');
    expect(withPlaceholders('id: 0-6a.1f0c9a2b:34:0:0\ndata: {}')).toBe('id: 0-6a.<reply-1>:34:0:0\ndata: {}');
  });

  it.each([
    '{"price":59.9,"quantity":12,"tokens":1795305156}',
    '{"message":"Opened 2026-11-21, at 23:52"}',
    '{"created":17,"content":"conv_abc"}',
    'data: id: 6-1f0c9a2b.2',
    'ab12cd34-ef56-4890-ab12',
    'x-ratelimit-limit: 1000000',
    '{"conversation_id":"50"}',
  ])('hide nothing else: %s', (text) => {
    expect(withPlaceholders(text)).toBe(text);
  });
});
