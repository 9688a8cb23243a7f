import { fold } from '../../../catalog/index.ts';

/** A size that was asked for, or that a product has: letters by their one name, or numbers from one to another. */
type Size =
  | { readonly kind: 'letters'; readonly names: readonly string[] }
  | { readonly kind: 'numbers'; readonly from: number; readonly to: number; readonly system: string };

/** Sizes go by several names. */
const letters: readonly string[] = [
  'xxs 2xs',
  'xs xsmall extra-small',
  's small klein petit pequeno pequena piccolo piccola',
  'm medium mittel moyen mediano mediana medio media middel',
  'l large gross grand grande groot',
  'xl xlarge extra-large',
  'xxl 2xl xxlarge',
  'xxxl 3xl',
  'xxxxl 4xl',
  'xxxxxl 5xl',
];
const nameOf = new Map(
  letters.flatMap((row) => row.split(' ').map((name) => [name, row.split(' ')[0] ?? name] as const)),
);

/** What may stand before or after a number: sizes of different systems cannot be compared. Plain numbers are European ones, and centimetres. */
const systems = /^(?:eu|eur|de|size|sizes|gr|groesse|taille|pointure|talla|taglia|maat|cm)?$/;

function readSize(text: string): Size | undefined {
  const folded = fold(text)
    .trim()
    .replace(/^(?:size|groesse|gr\.|taille|talla|taglia|maat)\s+/, '');
  const names = folded.split(/\s*[/–-]\s*/).map((part) => nameOf.get(part));
  const whole = nameOf.get(folded.replace(/\s+/g, '-'));
  if (whole !== undefined) return { kind: 'letters', names: [whole] };
  if (names.every((name) => name !== undefined)) return { kind: 'letters', names };
  const numbers =
    /^([a-z]{0,8})\.?\s?(\d{1,3}(?:[.,]\d{1,2})?)(?:\s?cm)?(?:\s?(?:-|–|\/|to|bis|a)\s?(\d{1,3}(?:[.,]\d{1,2})?))?\s?([a-z]{0,8})\.?(?:\s?[/x]\s?l\d+)?$/.exec(
      folded,
    );
  if (numbers === null) return undefined;
  const [, before = '', first = '', last = first, after = ''] = numbers;
  const system = [before, after].filter((part) => !systems.test(part)).join(' ');
  const [from, to] = [Number(first.replace(',', '.')), Number(last.replace(',', '.'))];
  return { kind: 'numbers', from: Math.min(from, to), to: Math.max(from, to), system: system === 'w' ? '' : system };
}

/** Whether a size that a product has is the one that was asked for; `unclear` where the two cannot be compared. */
export function compareSizes(asked: string, named: string): 'same' | 'other' | 'unclear' {
  if (fold(asked) === fold(named)) return 'same';
  const [a, b] = [readSize(asked), readSize(named)];
  if (a === undefined || b === undefined || a.kind !== b.kind) return 'unclear';
  if (a.kind === 'letters')
    return b.kind === 'letters' && b.names.some((name) => a.names.includes(name)) ? 'same' : 'other';
  if (b.kind !== 'numbers' || a.system !== b.system) return 'unclear';
  return b.from <= a.from && a.to <= b.to ? 'same' : 'other';
}

/** So far from all others, a number is of another scale: a 9 among 38 to 45. Our choice. */
const farthest = 1.8;

/** Whether a size that was asked for is a number far from all that a product has. */
export function isOfOtherScale(asked: string, named: readonly string[]): boolean {
  const size = readSize(asked);
  if (size?.kind !== 'numbers') return false;
  const numbers = named.flatMap((text) => {
    const other = readSize(text);
    return other?.kind === 'numbers' ? [other] : [];
  });
  return numbers.every(({ from, to }) => size.to * farthest < from || size.from > to * farthest);
}

const sizeKeys = /\b(?:sizes?|groessen?|taille|pointure|talla|taglia|misura|numero|maat|waist|bundweite)\b/;
const colourKeys = /\b(?:colou?rs?|farben?|couleurs?|color(?:es)?|colore|colori|kleur(?:en)?)\b/;

/** Whether an option or attribute of this name is a size, or a colour. */
export const isSizeKey = (key: string): boolean => sizeKeys.test(fold(key));
export const isColourKey = (key: string): boolean => colourKeys.test(fold(key));
