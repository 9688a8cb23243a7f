/** What no path holds: control characters, back-slashes, and bytes that a lax reader takes for other characters (RFC 3629, 3). */
const forbidden = /[\x00-\x1f\x7f\\\xc0\xc1]|\xe0[\x80-\x9f]|\xf0[\x80-\x8f]|\xf8[\x80-\x87]|\xfc[\x80-\x83]/;

/** `..` between separators; some servers pass over spaces behind it, or what stands behind a semicolon. */
const climb = /(?:^|[/\\])\s*\.\.(?:\s[\s.]*)?(?:$|[/\\;?#])/;

/** What a path without any of these is read by everybody as it stands. */
const plain = /^(?!.*(?:\/\/|\/\.))[\x21-\x24\x26-\x3a\x3c-\x5b\x5d-\x7e]*$/;

/** A path with its escapes read, one character for each byte; what is no escape stays. `%u002e` is how old servers wrote them. */
function unescaped(path: string): string {
  return path
    .replace(/%u00([0-9a-f]{2})/gi, '%$1')
    .replace(/%([0-9a-f]{2})/gi, (_escape, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

/** The same in characters, wide and combined ones as those that they stand for. */
const inCharacters = (bytes: string): string => Buffer.from(bytes, 'latin1').toString().normalize('NFKC');

/** Without `.`, empty segments and what stands behind semicolons. */
const collapsed = (path: string): string => path.replace(/;[^/]*/g, '').replace(/(?:\/\.?)+(?=\/)/g, '');

/**
 * Whether a path, as Node gives it, may be read as another one by a server that unescapes it once or twice and then resolves it: it
 * climbs, names a host, holds what no path holds, or is then no longer `within` where it is.
 */
export function mayBeMisread(path: string, within: (path: string) => boolean = () => true): boolean {
  if (plain.test(path)) return false;
  let read = path;
  for (let times = 0; times <= 2; times += 1) {
    const text = inCharacters(read);
    if (forbidden.test(read) || /^\/\/|\\/.test(text) || climb.test(text) || !within(collapsed(text))) return true;
    read = unescaped(read);
  }
  return false;
}
