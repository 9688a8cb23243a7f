import { describe, expect, it } from 'vitest';
import { readSources } from '../../support/architecture.ts';

describe('the library of buckets', () => {
  const others = readSources('src').filter(({ path }) => !path.startsWith('src/stores/s3-uploads/'));

  it('is used in one folder', () => {
    expect(others.filter(({ text }) => /'@(aws-sdk|smithy)\//.test(text)).map(({ path }) => path)).toEqual([]);
  });

  it('is loaded only by who has a bucket: nothing else imports that folder when it is loaded itself', () => {
    const naming = others.filter(({ text }) => text.includes('s3-uploads/'));
    expect(naming.map(({ path }) => path)).toEqual(['src/app/images.ts']);
    const loading = naming.filter(({ text }) => /^(import|export) (?!type\b).*s3-uploads\//m.test(text));
    expect(loading).toEqual([]);
  });
});
