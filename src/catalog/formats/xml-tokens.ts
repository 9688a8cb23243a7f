import { decodeEntities } from '../plain-text.ts';

/** What a scanner of XML tells, in the order of the text. */
export interface XmlHandler {
  open(name: string, attributes: ReadonlyMap<string, string>): void;
  close(name: string): void;
  text(text: string): void;
}

/** No mark-up or text between two marks is longer. Our choice. */
const maxTokenLength = 4 * 2 ** 20;

/**
 * Reads XML as shops write it: what XML forbids and a reader can understand is taken (a bare `&`, entities of HTML, prefixes that
 * nothing declares). Declarations of entities are passed over: only those of XML and HTML are decoded, each once. Throws where the
 * text ends within mark-up.
 */
export function createXmlScanner(handler: XmlHandler) {
  let kept = '';
  const scan = (isLast: boolean): void => {
    let at = 0;
    while (at < kept.length) {
      const next = nextToken(kept, at, isLast);
      if (next === undefined) break;
      tell(next, handler);
      at = next.end;
    }
    kept = at === 0 ? kept : kept.slice(at);
    if (kept.length > maxTokenLength) throw new Error(`mark-up or a text has more than ${maxTokenLength} characters`);
  };
  return {
    write(piece: string): void {
      kept += piece;
      scan(false);
    },
    end(): void {
      scan(true);
      if (kept !== '') throw new Error('it ends within mark-up: it is cut short');
    },
  };
}

interface Token {
  readonly kind: 'text' | 'cdata' | 'tag' | 'other';
  readonly content: string;
  readonly end: number;
}

/** Mark-up that is passed over or taken as text, by how it begins, and how it ends. */
const sections = [
  { start: '<!--', end: '-->', kind: 'other' },
  { start: '<![CDATA[', end: ']]>', kind: 'cdata' },
  { start: '<?', end: '?>', kind: 'other' },
] as const;

/** The token that begins at a place; `undefined` while its end has not come. */
function nextToken(text: string, at: number, isLast: boolean): Token | undefined {
  if (text[at] !== '<' || /[\s\d=]/.test(text[at + 1] ?? 'a')) {
    const mark = text.indexOf('<', at + 1);
    if (mark === -1 && !isLast) return undefined;
    const end = mark === -1 ? text.length : mark;
    return { kind: 'text', content: text.slice(at, end), end };
  }
  // As much of it as tells the sections apart.
  if (!isLast && text.length - at < 9 && text[at + 1] === '!') return undefined;
  const section = sections.find(({ start }) => text.startsWith(start, at));
  if (section !== undefined) {
    const end = text.indexOf(section.end, at + section.start.length);
    if (end === -1) return undefined;
    return { kind: section.kind, content: text.slice(at + section.start.length, end), end: end + section.end.length };
  }
  const end = text.startsWith('<!', at) ? endOfDoctype(text, at) : endOfTag(text, at);
  if (end === -1) return undefined;
  return { kind: text[at + 1] === '!' ? 'other' : 'tag', content: text.slice(at + 1, end), end: end + 1 };
}

/** The `>` of a tag, which may stand in its values too. */
function endOfTag(text: string, at: number): number {
  const pattern = /"[^"]*"|'[^']*'|>/g;
  pattern.lastIndex = at;
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    if (match[0] === '>') return match.index;
  }
  return -1;
}

function endOfDoctype(text: string, at: number): number {
  const plain = text.indexOf('>', at);
  const subset = text.indexOf('[', at);
  if (plain === -1 || subset === -1 || subset > plain) return plain;
  const end = text.indexOf(']', subset);
  return end === -1 ? -1 : text.indexOf('>', end);
}

function tell({ kind, content }: Token, handler: XmlHandler): void {
  if (kind === 'cdata') handler.text(content);
  else if (kind === 'text') handler.text(content.includes('&') ? decodeEntities(content) : content);
  else if (kind === 'tag' && content.startsWith('/')) handler.close(content.slice(1).trim());
  else if (kind === 'tag') {
    const isEmpty = content.endsWith('/');
    const name = /^[^\s/]+/.exec(content)?.[0] ?? '';
    handler.open(name, attributesOf(content.slice(name.length)));
    if (isEmpty) handler.close(name);
  }
}

const noAttributes: ReadonlyMap<string, string> = new Map();

function attributesOf(text: string): ReadonlyMap<string, string> {
  if (!text.includes('=')) return noAttributes;
  const attributes = new Map<string, string>();
  for (const [, name = '', double, single] of text.matchAll(
    /(?<![^\s=/"'])([^\s=/"']+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g,
  )) {
    attributes.set(name, decodeEntities(double ?? single ?? ''));
  }
  return attributes;
}
