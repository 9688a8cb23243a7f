import { fold } from '../../../catalog/index.ts';

/** Articles and the like that French and Italian join to the next word. */
const elided =
  /(?<!\p{L})(?:[cdjlmnst]|qu|jusqu|lorsqu|aujourd|dell|nell|all|dall|sull|quest|quell|un|dov|com|cos)['’`](?=\p{L})/gu;

/** Text as cues read it: lower case, without accents and apostrophes, `l'eau` as two words and `don't` as one. */
export function plainOf(text: string): string {
  return fold(text)
    .replace(elided, (article) => `${article.slice(0, -1)} `)
    .replace(/['’`]/g, '');
}
