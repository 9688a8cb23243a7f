/** Milliseconds since 1970. A day without a time lasts until its end. */
export interface Moment {
  readonly from: number;
  readonly to: number;
}

const dayMs = 86_400_000;

/**
 * A day or a moment as shops write it: ISO 8601 with or without a time (a zone without a colon too, UTC where there is none),
 * `2/14/26` and `2/14/2026` as Magento writes them, `14/2/2026` where the first cannot be a month, `14.02.2026`. `undefined` for
 * anything else.
 */
export function readDate(value: unknown): Moment | undefined {
  if (typeof value !== 'string') return undefined;
  const text = value.trim();
  const iso = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2})?)(?:\.\d+)?\s*(Z|[+-]\d{2}:?\d{2}|UTC|GMT)?)?$/i.exec(
    text,
  );
  if (iso !== null) {
    const [, day = '', time, zone = 'Z'] = iso;
    return momentOf(day, time, /^[+-]/.test(zone) ? zone.replace(/(\d{2}):?(\d{2})$/, '$1:$2') : 'Z');
  }
  const [, first = '', second = '', year = ''] =
    /^(\d{1,2})[/.](\d{1,2})[/.](\d{2}|\d{4})(?:[ ,].*)?$/.exec(text) ?? [];
  if (year === '') return undefined;
  const isDayFirst = text.includes('.') || Number(first) > 12;
  const [month, day] = isDayFirst ? [second, first] : [first, second];
  return momentOf(`${year.length === 2 ? `20${year}` : year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`);
}

function momentOf(day: string, time?: string, zone = 'Z'): Moment | undefined {
  const at = Date.parse(`${day}T${time ?? '00:00'}${zone}`);
  return Number.isNaN(at) ? undefined : { from: at, to: time === undefined ? at + dayMs - 1 : at };
}

/** A time from one moment to another, either open. */
export interface Period {
  readonly from?: number;
  readonly to?: number;
}

/** Google's `from/to`; also where one side is empty. `undefined` for anything else. */
export function readPeriod(value: unknown): Period | undefined {
  if (typeof value !== 'string') return undefined;
  const [start = '', end = ''] = value.includes('/') ? splitPeriod(value) : [value, ''];
  const from = start.trim() === '' ? undefined : readDate(start);
  const to = end.trim() === '' ? undefined : readDate(end);
  if ((start.trim() !== '' && from === undefined) || (end.trim() !== '' && to === undefined)) return undefined;
  if (from === undefined && to === undefined) return undefined;
  return { ...(from && { from: from.from }), ...(to && { to: to.to }) };
}

/** Dates with strokes in them cannot be told apart from a period of them. */
function splitPeriod(value: string): readonly string[] {
  const parts = value.split('/');
  return parts.length === 2 ? parts : [];
}
