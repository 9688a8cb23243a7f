const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `200ms`, `90s`, `30m`, `24h` or `7d` in milliseconds. The schema has seen to the form. */
export function readDuration(text: string): number {
  const amount = Number.parseInt(text, 10);
  return amount * (unitMs[text.slice(String(amount).length)] ?? Number.NaN);
}
