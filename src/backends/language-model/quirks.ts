import { fieldsOf } from '../../dialects/json.ts';
import { messageOf } from '../../dialects/vendor-failures.ts';
import type { VendorProtocol } from './http-model.ts';

/** A request's body. */
export type Body = Readonly<Record<string, unknown>>;

/** What a server may not take of the usual request, and how it is asked instead. */
export interface Bend<Quirk extends string> {
  readonly quirk: Quirk;
  /** How a refusal names what it is about. */
  readonly names: RegExp;
  /** Whether the request has what is refused. */
  has(body: Body): boolean;
  bend(body: Body): Body;
}

/** Leaves a field out. */
export const without = (name: string) => ({
  has: (body: Body) => body[name] !== undefined,
  bend: ({ [name]: _, ...rest }: Body): Body => rest,
});

/** Reads refusals for quirks, in this order: the longer names come first. */
export function createQuirks<Quirk extends string>(
  bends: readonly Bend<Quirk>[],
): Required<Pick<VendorProtocol, 'bend' | 'quirkIn'>> {
  return {
    bend(body, quirks) {
      if (quirks.size === 0) return body;
      let bent: Body = fieldsOf(body);
      for (const { quirk, bend } of bends) if (quirks.has(quirk)) bent = bend(bent);
      return bent;
    },
    quirkIn(error, body) {
      const { param, type, code } = fieldsOf<'param' | 'type' | 'code'>(error);
      const said = [param, type, code, messageOf(error)].filter((each) => typeof each === 'string').join(' ');
      const sent: Body = fieldsOf(body);
      return bends.find(({ names, has }) => names.test(said) && has(sent))?.quirk;
    },
  };
}

/** A body with what the configuration says of it: mappings field by field, anything else in place of what was there; `null` takes out. */
export function merged(body: object, more: Readonly<Record<string, unknown>>): object {
  const whole = new Map<string, unknown>(Object.entries(body));
  for (const [name, value] of Object.entries(more)) {
    const known = whole.get(name);
    if (value === null) whole.delete(name);
    else whole.set(name, isMapping(value) ? merged(isMapping(known) ? known : {}, value) : value);
  }
  return Object.fromEntries(whole);
}

const isMapping = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
