import { describe, expect, it } from 'vitest';
import { callItemId, messageId, referenceIn, responseId } from '../../../src/dialects/openai/response-ids.ts';

const replyId = 'f1e2d3c4-b5a6-4890-b1c2-d3e4f5a6b7c8';
const places = [
  { replyId, conversationId: 'conv_ab12cd34ef567890ab12cd34ef567890' },
  { replyId, conversationId: 'ab12cd34-ef56-7890-ab12-cd34ef567890' },
  { replyId, conversationId: 'my chat\n_1' },
];

describe.each(places)('the ids of a reply in $conversationId', (place) => {
  it('lead back to it', () => {
    expect(responseId.decode(responseId.encode(place))).toEqual(place);
    const message = messageId(place);
    expect(referenceIn(message)).toEqual({ ...place, id: message });
    const call = callItemId(place, 12);
    expect(referenceIn(call)).toEqual({ ...place, call: 12, id: call });
  });
});

describe('an id', () => {
  it('of a reply without a conversation leads nowhere', () => {
    expect(responseId.encode({ replyId })).toBe('resp_f1e2d3c4b5a64890b1c2d3e4f5a6b7c8');
    expect(responseId.decode(responseId.encode({ replyId }))).toBeUndefined();
    expect(referenceIn(messageId({ replyId }))).toBeUndefined();
    expect(referenceIn(callItemId({ replyId }, 0))).toBeUndefined();
  });

  it.each([
    '',
    'resp_',
    'resp_1',
    'msg_1',
    `chatcmpl-${replyId}`,
    `resp_${'g'.repeat(64)}`,
    `fc_${'0'.repeat(64)}`,
    `msg_${'0'.repeat(64)}_1`,
  ])('of another kind is none: %j', (id) => {
    expect(responseId.decode(id)).toBeUndefined();
    expect(referenceIn(id)).toBeUndefined();
  });

  it('of any length is read in one pass', () => {
    const long = `fc_${'0_'.repeat(200_000)}`;
    const before = process.cpuUsage();
    expect(referenceIn(long)).toBeUndefined();
    expect(process.cpuUsage(before).user).toBeLessThan(1_000_000);
  });
});
