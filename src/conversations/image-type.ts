import type { ImageType } from '../stores/upload-store.ts';

interface Signature {
  readonly type: ImageType;
  /** Bytes that must stand at an offset. */
  readonly marks: readonly { readonly offset: number; readonly text: string }[];
}

const signatures: readonly Signature[] = [
  { type: 'image/png', marks: [{ offset: 0, text: '\x89PNG\r\n\x1a\n' }] },
  { type: 'image/jpeg', marks: [{ offset: 0, text: '\xff\xd8\xff' }] },
  { type: 'image/gif', marks: [{ offset: 0, text: 'GIF87a' }] },
  { type: 'image/gif', marks: [{ offset: 0, text: 'GIF89a' }] },
  {
    type: 'image/webp',
    marks: [
      { offset: 0, text: 'RIFF' },
      { offset: 8, text: 'WEBP' },
    ],
  },
];

/** What kind of image the bytes are by their content; `undefined` for anything else, whatever a client calls it. */
export function imageTypeOf(bytes: Uint8Array): ImageType | undefined {
  const has = ({ offset, text }: Signature['marks'][number]): boolean =>
    Buffer.from(bytes.subarray(offset, offset + text.length)).equals(Buffer.from(text, 'latin1'));
  return signatures.find(({ marks }) => marks.every(has))?.type;
}
