import { _, type Ajv2020, type CodeGen, type KeywordCxt, Name } from 'ajv/dist/2020.js';

/** The keywords that put each entry of a list or a map to a schema. */
const loops = ['items', 'additionalProperties', 'patternProperties', 'propertyNames'] as const;

/** How many errors a compiled schema has found so far. Source: the code that ajv writes. */
const errors = new Name('errors');

/**
 * Has the schemas that `ajv` compiles from now on give up each list and each map at so many errors in it, where they would look
 * for all. What is accepted stays the same, and so do the errors up to there, with their order: a list that is given up is refused
 * already. Without it a wrong list costs the square of its length, because errors behind a `$ref` are copied one list into the next.
 */
export function boundErrors({ RULES }: Ajv2020, most: number): void {
  for (const keyword of loops) {
    const rule = RULES.all[keyword];
    if (typeof rule !== 'object' || !('code' in rule.definition)) throw new Error(`ajv writes no code for ${keyword}`);
    const { definition } = rule;
    const { code } = definition;
    rule.definition = { ...definition, code: (context, type) => code(withBoundedLoops(context, most), type) };
  }
}

/** The context of a keyword, whose loops end at so many errors of their own. */
function withBoundedLoops(context: KeywordCxt, most: number): KeywordCxt {
  if (!context.it.allErrors) return context; // the first error ends them all
  const { gen } = context;
  const bounded = (body: (name: Name) => void) => {
    const before = gen.const('before', errors);
    return (name: Name): void => {
      gen.if(_`${errors} - ${before} >= ${most}`, () => gen.break());
      body(name);
    };
  };
  const forRange: CodeGen['forRange'] = (name, from, to, body, kind) =>
    gen.forRange(name, from, to, bounded(body), kind);
  const forIn: CodeGen['forIn'] = (name, map, body, kind) => gen.forIn(name, map, bounded(body), kind);
  const loopsOf = { forRange: { value: forRange }, forIn: { value: forIn } };
  // Both are what they are made from, but for the two methods.
  return Object.create(context, { gen: { value: Object.create(gen, loopsOf) as CodeGen } }) as KeywordCxt;
}

/**
 * Has the schemas that `ajv` compiles from now on count a text's characters only where its code units do not tell: a character takes
 * one or two of them. The same is accepted, and a megabyte of text is refused, or a short one taken, without looking through it.
 */
export function measureQuickly({ RULES }: Ajv2020): void {
  for (const keyword of ['maxLength', 'minLength'] as const) {
    const rule = RULES.all[keyword];
    if (typeof rule !== 'object' || !('code' in rule.definition)) throw new Error(`ajv writes no code for ${keyword}`);
    const code = (context: KeywordCxt): void => {
      const { data, schemaCode: limit, gen } = context;
      const units = _`${data}.length`;
      const characters = _`${gen.scopeValue('func', { ref: charactersOf })}(${data})`;
      context.fail$data(
        keyword === 'maxLength'
          ? _`${units} > ${limit} && (${units} > 2 * ${limit} || ${characters} > ${limit})`
          : _`${units} < 2 * ${limit} && (${units} < ${limit} || ${characters} < ${limit})`,
      );
    };
    rule.definition = { ...rule.definition, code };
  }
}

/** How many characters a text has, half a one counted as one. */
function charactersOf(text: string): number {
  let count = text.length;
  for (let at = 1; at < text.length; at += 1) {
    const isPair = (text.charCodeAt(at - 1) & 0xfc00) === 0xd800 && (text.charCodeAt(at) & 0xfc00) === 0xdc00;
    if (isPair) count -= 1;
  }
  return count;
}
