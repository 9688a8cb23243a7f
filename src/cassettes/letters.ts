/** A letter of as many bytes in UTF-8, so that what was cut into chunks stays cut where it was. */
const letters = ['', 'x', 'ø', '字', '𠀀'];
const surrogate = { high: '\\ud840', low: '\\udc00' };

/** Text with each letter in place of another one and each digit nought; `\u` escapes of JSON are letters too. */
export function maskLetters(text: string): string {
  const address = /^https?:(?:\/\/|\\\/\\\/)/.exec(text)?.[0] ?? '';
  return address + text.slice(address.length).replace(/\\u[\da-fA-F]{4}|\\.|\p{L}|\p{M}|\p{N}/gsu, maskOne);
}

function maskOne(one: string): string {
  if (one.startsWith('\\u')) return maskEscape(one);
  if (one.startsWith('\\')) return one;
  if (/\d/.test(one)) return '0';
  const length = Buffer.byteLength(one);
  if (length > 1) return letters[length] ?? one;
  return one === one.toUpperCase() ? 'X' : 'x';
}

function maskEscape(escape: string): string {
  const unit = Number.parseInt(escape.slice(2), 16);
  if (unit >= 0xd800 && unit < 0xdc00) return surrogate.high;
  if (unit >= 0xdc00 && unit < 0xe000) return surrogate.low;
  return /[\p{L}\p{M}\p{N}]/u.test(String.fromCharCode(unit)) ? '\\u0078' : escape;
}
