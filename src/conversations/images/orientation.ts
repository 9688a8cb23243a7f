const exif = Buffer.from('Exif\0\0', 'latin1');
const orientationTag = 0x0112;
/** Where TIFF begins in an EXIF segment. */
const tiffAt = exif.length;

/** Which side of a picture is up, 2 to 8, as an EXIF segment says it; `undefined` where it does not, or says that nothing is turned. */
export function readOrientation(segment: Buffer): number | undefined {
  if (segment.length < tiffAt + 8 || !segment.subarray(0, tiffAt).equals(exif)) return undefined;
  const tiff = segment.subarray(tiffAt);
  const order = tiff.toString('latin1', 0, 2);
  if (order !== 'II' && order !== 'MM') return undefined;
  const short = (at: number): number => (order === 'II' ? tiff.readUInt16LE(at) : tiff.readUInt16BE(at));
  const first = order === 'II' ? tiff.readUInt32LE(4) : tiff.readUInt32BE(4);
  if (first + 2 > tiff.length) return undefined;
  const entries = short(first);
  for (let at = first + 2; at < first + 2 + entries * 12 && at + 12 <= tiff.length; at += 12) {
    if (short(at) !== orientationTag) continue;
    const value = short(at + 8);
    return value >= 2 && value <= 8 ? value : undefined;
  }
  return undefined;
}

/** An EXIF segment of a JPEG that says which side is up, and nothing else. Source: EXIF 2.32, 4.6. */
export function writeOrientation(value: number): Uint8Array {
  const tiff = Buffer.alloc(26);
  tiff.write('MM', 'latin1');
  tiff.writeUInt16BE(42, 2);
  tiff.writeUInt32BE(8, 4);
  tiff.writeUInt16BE(1, 8);
  tiff.writeUInt16BE(orientationTag, 10);
  tiff.writeUInt16BE(3, 12); // a number of 16 bits
  tiff.writeUInt32BE(1, 14);
  tiff.writeUInt16BE(value, 18);
  const head = Buffer.from([0xff, 0xe1, 0, 2 + exif.length + tiff.length]);
  return Buffer.concat([head, exif, tiff]);
}
