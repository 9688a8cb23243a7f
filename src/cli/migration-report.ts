import type { ComparedTurn, Migration, MigrationFigures } from '../canonical/index.ts';

/** What a report is made from. */
export interface Reported {
  readonly migration: Migration;
  /** Turns that differed, the newest first: of each field the first three are shown. */
  readonly examples: readonly ComparedTurn[];
  /** Whether people's words are shown. */
  readonly withText: boolean;
}

interface Section {
  readonly title: string;
  readonly lines: readonly string[];
}

type Format = (title: string, sections: readonly Section[]) => string;

const formats: Readonly<Record<'text' | 'markdown' | 'html', Format>> = {
  text: (title, sections) =>
    [title, ...sections.map(({ title: name, lines }) => [name, ...lines.map((line) => `  ${line}`)].join('\n'))].join(
      '\n\n',
    ),
  markdown: (title, sections) =>
    [
      `# ${escapedMarkdown(title)}`,
      ...sections.map(({ title: name, lines }) =>
        [`## ${name}`, '', ...lines.map((line) => `- ${escapedMarkdown(line)}`)].join('\n'),
      ),
    ].join('\n\n'),
  html: (title, sections) =>
    [
      '<!doctype html>',
      `<html lang="en"><meta charset="utf-8"><title>${escapedHtml(title)}</title>`,
      '<style>body{font:16px/1.5 sans-serif;max-width:50em;margin:2em auto}li{overflow-wrap:anywhere}</style>',
      `<h1>${escapedHtml(title)}</h1>`,
      ...sections.map(({ title: name, lines }) => {
        const items = lines.map((line) => `<li>${escapedHtml(line)}</li>`).join('');
        return `<h2>${escapedHtml(name)}</h2><ul>${items}</ul>`;
      }),
      '</html>',
    ].join('\n'),
};

export const reportFormats = ['text', 'json', 'html', 'markdown'] as const;
export type ReportFormat = (typeof reportFormats)[number];

const escapedHtml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
const escapedMarkdown = (text: string): string => text.replace(/[\\`*_[\]<>#|]/g, (letter) => `\\${letter}`);

/** A migration in one screen: where it stands, what differs, and whether it is ready. */
export function reportOf(reported: Reported, format: Exclude<ReportFormat, 'json'>): string {
  const { name, stage, canary, since, from, to } = reported.migration;
  const share = stage === 'canary' ? ` ${canary}` : '';
  const title = `${name}: ${stage}${share} since ${since}, from ${from} to ${to}`;
  return `${formats[format](title, sectionsOf(reported))}\n`;
}

function sectionsOf({ migration, examples, withText }: Reported): readonly Section[] {
  const { figures, readiness, reasons } = migration;
  const { turns, verdicts, controls, comparisons, share, interval, tokens, unnamed } = figures;
  const found = share === undefined ? 'nothing was compared' : `${percent(share)} are equal or equivalent`;
  const told = `${found} (95 % interval: ${percent(interval[0])} to ${percent(interval[1])}), of ${comparisons}`;
  const controlled = Object.values(controls).some((count) => count > 0) ? [`controls: ${counted(controls)}`] : [];
  const sections: readonly Section[] = [
    { title: 'Ready', lines: [readiness, ...reasons] },
    { title: 'Turns', lines: Object.entries(turns).map(([operation, count]) => `${operation}: ${count}`) },
    { title: 'Comparisons', lines: [told, counted(verdicts), ...controlled] },
    { title: 'What differs', lines: differencesOf(figures, examples, withText) },
    { title: 'Times to the end', lines: timesOf(figures) },
    { title: 'Sent today, in no document', lines: unnamed.map(({ field, count }) => `${field}: ${count} times`) },
    { title: 'Cost of the shadow', lines: tokens === 0 ? [] : [`${tokens} tokens`] },
  ];
  return sections.filter(({ lines }) => lines.length > 0);
}

const counted = (counts: object): string =>
  Object.entries(counts)
    .map(([name, count]) => `${count} ${name}`)
    .join(', ');

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;

const mostExamples = 3;

function differencesOf(
  { differences }: MigrationFigures,
  examples: readonly ComparedTurn[],
  withText: boolean,
): readonly string[] {
  return differences.flatMap(({ field, count, share }) => {
    const shown = examples
      .flatMap((turn) => turn.differences.filter((one) => one.field === field).map((one) => ({ turn, one })))
      .slice(0, mostExamples)
      .map(({ turn, one }) => {
        const isShown = withText || !isWords(field);
        const sides = isShown ? `${value(one.primary)} before, ${value(one.candidate)} then` : 'words (see --text)';
        return `${field}, comparison ${turn.id}: ${sides}`;
      });
    return [`${field}: ${count} times, ${percent(share)} of all`, ...shown];
  });
}

/** What people, or who answers them, have written. */
const isWords = (field: string): boolean => field === 'output.text' || field === 'output.suggestions';

const longest = 200;

function value(side: unknown): string {
  const text = side === undefined ? 'nothing' : JSON.stringify(side);
  return text.length <= longest ? text : `${text.slice(0, longest)}…`;
}

const timesOf = ({ primaryMs, candidateMs }: MigrationFigures): readonly string[] =>
  Object.entries({ before: primaryMs, then: candidateMs }).flatMap(([name, ms]) =>
    ms === undefined ? [] : [`${name}: p50 ${ms.p50} ms, p95 ${ms.p95} ms`],
  );
