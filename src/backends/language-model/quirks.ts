import { defined, type ModelParameters } from '../../canonical/index.ts';
import { fieldsOf } from '../../dialects/json.ts';
import { messageOf } from '../../dialects/vendor-error.ts';
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
  /** The client's wishes beside which a server may refuse what it takes else. */
  readonly beside?: readonly (keyof ModelParameters)[];
}

/** What stands in a request only because its client wishes it. */
export type Wish = keyof ModelParameters | 'parallel';

/** Leaves a field out. */
export const without = (name: string) => ({
  has: (body: Body) => body[name] !== undefined,
  bend: ({ [name]: _, ...rest }: Body): Body => rest,
});

/** Some models take no temperature at all, and some none beside other ways of choosing words. */
export const noTemperature: Bend<'no-temperature'> = {
  quirk: 'no-temperature',
  names: /temperature/i,
  beside: ['topP', 'reasoningEffort'],
  ...without('temperature'),
};

/** Reads refusals for quirks and for wishes of the client's, by how they name them, in this order: the longer names come first. */
export function createQuirks<Quirk extends string>(
  bends: readonly Bend<Quirk>[],
  wishes: Readonly<Partial<Record<Wish, RegExp>>>,
): Required<Pick<VendorProtocol, 'bend' | 'quirkIn' | 'isOfServer' | 'withoutWish'>> {
  const wished = Object.entries(wishes) as [Wish, RegExp][]; // its keys are these
  return {
    bend(body, quirks) {
      if (quirks.size === 0) return body;
      let bent: Body = fieldsOf(body);
      for (const { quirk, bend } of bends) if (quirks.has(quirk)) bent = bend(bent);
      return bent;
    },
    quirkIn(error, body) {
      const said = saidIn(error);
      const sent: Body = fieldsOf(body);
      return bends.find(({ names, has }) => names.test(said) && has(sent))?.quirk;
    },
    isOfServer(quirk, { parameters = {} }) {
      const { beside = [] } = bends.find((bend) => bend.quirk === quirk) ?? {};
      return beside.every((wish) => parameters[wish] === undefined);
    },
    withoutWish(error, { parallel, parameters = {}, ...request }) {
      const said = saidIn(error);
      const all: Readonly<Partial<Record<Wish, unknown>>> = { ...parameters, parallel };
      const refused = wished.find(([wish, names]) => all[wish] !== undefined && names.test(said))?.[0];
      if (refused === undefined) return undefined;
      if (refused === 'parallel') return { ...request, parameters };
      return defined({ ...request, parallel, parameters: defined({ ...parameters, [refused]: undefined }) });
    },
  };
}

/** All that a refusal says of what it is about. */
function saidIn(error: unknown): string {
  const { param, type, code } = fieldsOf<'param' | 'type' | 'code'>(error);
  return [param, type, code, messageOf(error)].filter((each) => typeof each === 'string').join(' ');
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
