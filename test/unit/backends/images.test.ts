import { describe, expect, it } from 'vitest';
import { withImages } from '../../../src/backends/images.ts';

const png = 'data:image/png;base64,iVBORw0KGgo=';
const ours = 'https://chat.example/uploads/1';

/** What of these images, sent along with one message, is told, and which are left out. */
async function told(
  images: readonly string[],
  hosts: readonly string[] = [],
  past: readonly (readonly string[])[] = [],
) {
  const leftOut: number[] = [];
  const said = [...past.map((each) => ({ text: '', images: each })), { text: 'Look', images }];
  const found = await withImages(
    said,
    { hosts },
    {
      upload: (url) =>
        url === 'https://chat.example/uploads/broken'
          ? Promise.reject(new Error('away'))
          : Promise.resolve(url === ours ? png : undefined),
      leftOut: (image) => leftOut.push(image),
    },
  );
  return { images: found.map((one) => one.images), texts: found.map(({ text }) => text), leftOut };
}

describe('images that a model is told', () => {
  const hosts = ['cdn.shop.example', '*.pics.example'];

  it.each([
    'https://cdn.shop.example/a.png',
    'https://CDN.Shop.Example/a.png?size=2',
    'https://cdn.shop.example:443/a.png',
    'https://cdn.shop.example\\@evil.example/1',
    'https://a.pics.example/1',
    'https://a.b.pics.example/1',
    png,
  ])('%s is told, as we read it', async (url) => {
    expect(await told([url], hosts)).toMatchObject({ images: [[new URL(url).href]], leftOut: [] });
  });

  it.each([
    'http://cdn.shop.example/a.png',
    'https://cdn.shop.example:8443/a.png',
    'https://ada@cdn.shop.example/a.png',
    'https://cdn.shop.example.evil.example/a.png',
    'https://xcdn.shop.example/a.png',
    'https://shop.example/a.png',
    'https://pics.example/1',
    'https://evilpics.example/1',
    'https://cdn.shop.example./a.png',
    'http://kubernetes.default.svc/',
    'http://127.0.0.1.nip.io/',
    'https://127.0.0.1/',
    'https://[::1]/',
    'http://db.corp/',
    'file:///etc/passwd',
    'ftp://cdn.shop.example/a.png',
    '/uploads/unknown.png',
    'data:text/html;base64,AAAA',
    'data:image/svg+xml;base64,AAAA',
    'data:image/png,notbase64',
    '',
  ])('%s is not', async (url) => {
    expect(await told([url], hosts)).toMatchObject({ images: [[]], leftOut: [0] });
  });

  it('are no others than our own uploads, unless a host is listed', async () => {
    expect(await told([ours, 'https://cdn.shop.example/a.png'])).toEqual({
      images: [[png]],
      texts: ['Look'],
      leftOut: [1],
    });
  });

  it('of what was said before too: what is left out there is told to nobody, and a message of nothing else says so', async () => {
    const past = [[ours], ['http://db.corp/'], ['https://chat.example/uploads/broken']];
    expect(await told([], [], past)).toEqual({
      images: [[png], [], [], []],
      texts: ['', '(an image)', '(an image)', 'Look'],
      leftOut: [],
    });
  });

  it('are eight at most, the newest', async () => {
    const { images, leftOut } = await told(
      Array.from({ length: 6 }, () => png),
      [],
      [
        [png, png],
        [png, png, png],
      ],
    );
    expect(images.map((each) => each.length)).toEqual([0, 2, 6]);
    expect(leftOut).toEqual([]);
    expect((await told(Array.from({ length: 10 }, () => png))).leftOut).toEqual([8, 9]);
  });
});
