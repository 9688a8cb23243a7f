import { isAscii } from 'node:buffer';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';

/** More than any catalogue of a shop holds, unpacked. */
const maxBytes = 4 * 2 ** 30;
/** Text packs to a tenth or a thirtieth. What unpacks to this many times its size, and to more than that, is made to fill memory. */
const maxRatio = 200;
const unsuspicious = 64 * 2 ** 20;
const chunkBytes = 256 * 1024;

/**
 * A file as text, in pieces: unpacked if it is gzip, whatever its name, and decoded by its byte order mark, by the encoding that its
 * XML declaration names, or as UTF-16, UTF-8 or windows-1252, whichever its bytes are. Throws a plain `Error` for what is no text, and
 * for a packed file that is cut short.
 */
export async function* readText(file: string): AsyncGenerator<string> {
  let decode: ((bytes: Buffer, isLast: boolean) => string) | undefined;
  let held: Buffer[] = [];
  let heldBytes = 0;
  for await (const bytes of readBytes(file)) {
    if (decode === undefined) {
      held.push(bytes);
      heldBytes += bytes.length;
      // A declaration and a byte order mark are within the first few bytes; gunzip may give fewer at a time.
      if (heldBytes < 1_024) continue;
      decode = createDecoder(Buffer.concat(held));
      yield decode(Buffer.concat(held), false);
      held = [];
    } else yield decode(bytes, false);
  }
  const rest = Buffer.concat(held);
  decode ??= createDecoder(rest);
  yield decode(rest, true);
}

async function* readBytes(file: string): AsyncGenerator<Buffer> {
  const head = await firstBytes(file);
  if (head.startsWith('PK')) {
    throw new Error('it is a ZIP archive or a spreadsheet: save it as CSV, or pack it with gzip');
  }
  const isPacked = head === '\x1f\x8b';
  const raw = createReadStream(file, { highWaterMark: chunkBytes });
  // What goes wrong in a pipeline is thrown by whoever reads its end.
  const plain = isPacked ? pipeline(raw, createGunzip({ chunkSize: chunkBytes }), () => undefined) : raw;
  let total = 0;
  for await (const chunk of plain) {
    const bytes = chunk as Buffer; // neither has an encoding
    total += bytes.length;
    if (total > maxBytes) throw new Error(`it holds more than ${maxBytes / 2 ** 30} GiB of text`);
    if (isPacked && total > unsuspicious && total > raw.bytesRead * maxRatio) {
      throw new Error(`it unpacks to more than ${maxRatio} times its size`);
    }
    yield bytes;
  }
}

async function firstBytes(file: string): Promise<string> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(2), 0, 2, 0);
    return buffer.toString('latin1', 0, bytesRead);
  } finally {
    await handle.close();
  }
}

type Decode = (bytes: Buffer, isLast: boolean) => string;

function createDecoder(head: Buffer): Decode {
  const label = encodingOf(head);
  return label === undefined ? guessingDecoder() : decoderOf(label);
}

function decoderOf(label: string): Decode {
  if (label === 'windows-1252') return (bytes) => decodeWindows(bytes);
  const decoder = new TextDecoder(label);
  return (bytes, isLast) => decoder.decode(bytes, { stream: !isLast });
}

/** What stands from 0x80 to 0x9f in windows-1252. Some versions of Node decode it as ISO 8859-1, which has nothing to be read there. */
const windowsLetters = '€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ';

const decodeWindows = (bytes: Buffer): string =>
  bytes.toString('latin1').replace(/[\x80-\x9f]/g, (letter) => windowsLetters[letter.charCodeAt(0) - 0x80] ?? letter);

/** The encoding that the first bytes tell, as a label of the Encoding Standard; `undefined` where only the text itself can tell. */
function encodingOf(head: Buffer): string | undefined {
  if (head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf) return 'utf-8';
  if (head[0] === 0xff && head[1] === 0xfe) return 'utf-16le';
  if (head[0] === 0xfe && head[1] === 0xff) return 'utf-16be';
  const wide = wideEncodingOf(head.subarray(0, 1_024));
  if (wide !== undefined) return wide;
  const declared = /^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([\w.:-]{1,40})["']/.exec(
    head.toString('latin1', 0, 512),
  )?.[1];
  // UTF-8 is declared of much that is not; and what can be read here is no UTF-16, whatever it says.
  if (declared === undefined || /^utf-?(8|16)/i.test(declared)) return undefined;
  try {
    return new TextDecoder(declared).encoding;
  } catch {
    throw new Error(`its encoding ${declared} is not known`);
  }
}

/** Text in Latin letters has a zero in every second byte as UTF-16, and none as anything else. */
function wideEncodingOf(head: Buffer): string | undefined {
  let even = 0;
  let odd = 0;
  for (const [place, byte] of head.entries()) {
    if (byte === 0 && place % 2 === 0) even += 1;
    else if (byte === 0) odd += 1;
  }
  const many = head.length / 8;
  if (odd > many && even < odd / 4) return 'utf-16le';
  if (even > many && odd < even / 4) return 'utf-16be';
  return undefined;
}

/** UTF-8 or windows-1252: the first bytes beyond ASCII tell, however late they come. */
function guessingDecoder(): Decode {
  let chosen: Decode | undefined;
  const choose = (bytes: Buffer): Decode => {
    const letters = new TextDecoder('utf-8').decode(bytes, { stream: true }).match(/[^\0-\x7f]/g) ?? [];
    const broken = letters.filter((letter) => letter === '\ufffd').length;
    return decoderOf(broken * 2 > letters.length ? 'windows-1252' : 'utf-8');
  };
  return (bytes, isLast) => {
    if (chosen === undefined && isAscii(bytes)) return bytes.toString('latin1');
    chosen ??= choose(bytes);
    return chosen(bytes, isLast);
  };
}
