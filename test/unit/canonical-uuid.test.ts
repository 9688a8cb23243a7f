import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { isUuid } from '../../src/canonical/index.ts';

const documented = 'ab12cd34-ef56-7890-ab12-cd34ef567890';

describe('isUuid', () => {
  it.each([randomUUID(), documented, '00000000-0000-0000-0000-000000000000', 'ffffffff-ffff-ffff-ffff-ffffffffffff'])(
    'takes any version and variant: %s',
    (text) => expect(isUuid(text)).toBe(true),
  );

  it.each([
    ['capitals', documented.toUpperCase()],
    ['no hyphens', documented.replaceAll('-', '')],
    ['a digit too many', `${documented}0`],
    ['a digit too few', documented.slice(1)],
    ['a line end', `${documented}\n`],
    ['a prefix', `conv_${documented}`],
    ['braces', `{${documented}}`],
    ['a digit that is none', documented.replace('7', 'g')],
    ['nothing', ''],
  ])('refuses %s', (_what, text) => expect(isUuid(text)).toBe(false));
});
