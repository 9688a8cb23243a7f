import { parseArgs } from 'node:util';
import { type LoadedProducts, loadProducts } from '../catalog/index.ts';
import { catalogFormatOf } from '../config/index.ts';

export const catalogCheckHelp = `Usage: dragoman catalog check FILE [--currency EUR] [--format csv]

Reads a product file as the gateway would, and tells what it holds: products, rows that are none, and fields that
could not be read, by field and reason, with the first ten of each.

  --currency CODE  ISO 4217, for prices that name none
  --format FORMAT  ndjson, json, csv, tsv or xml; by the file's ending and its beginning unless set
  --help           this text

Ends with 0 if everything could be read, 1 if some rows or fields could not, 2 if the file is no catalogue.
`;

const formats = ['ndjson', 'json', 'csv', 'tsv', 'xml'] as const;

/** Runs `dragoman catalog check`. Gives what is to be printed, and how the program is to end. */
export async function checkCatalog(
  values: readonly string[],
): Promise<{ readonly output: string; readonly code: number }> {
  const { values: options, positionals } = parseArgs({
    args: [...values],
    options: { currency: { type: 'string' }, format: { type: 'string' }, help: { type: 'boolean' } },
    allowPositionals: true,
  });
  if (options.help === true) return { output: catalogCheckHelp, code: 0 };
  const [file, ...more] = positionals;
  if (file === undefined || more.length > 0) return { output: `Name one file.\n\n${catalogCheckHelp}`, code: 2 };
  const { currency } = options;
  if (currency !== undefined && !/^[A-Z]{3}$/.test(currency))
    return { output: '--currency must be three capital letters\n', code: 2 };
  const format = formats.find((name) => name === options.format) ?? catalogFormatOf(file);
  if (options.format !== undefined && format !== options.format)
    return { output: `--format must be one of ${formats.join(', ')}\n`, code: 2 };
  try {
    const loaded = await loadProducts({ file, ...(format && { format }), ...(currency !== undefined && { currency }) });
    const isWhole = loaded.rejectedCount === 0 && loaded.fieldErrors.counts.length === 0;
    return { output: reportOf(loaded), code: isWhole ? 0 : 1 };
  } catch (failure) {
    return { output: `${failure instanceof Error ? failure.message : String(failure)}\n`, code: 2 };
  }
}

const maxExamples = 10;

function reportOf({ items, rejected, rejectedCount, fieldErrors }: LoadedProducts): string {
  const having = (has: (item: LoadedProducts['items'][number]) => unknown): number =>
    items.filter((item) => has(item) !== undefined).length;
  return [
    `${items.length} products: ${having(({ price }) => price)} with a price, ${having(({ currency }) => currency)} with a currency, ` +
      `${having(({ availability }) => availability)} with their stock, ${having(({ variants }) => variants)} with choices`,
    `${rejectedCount} rows that are no product${rejectedCount === 0 ? '' : ':'}`,
    ...rejected.slice(0, maxExamples).map(({ line, reason }) => `  ${line}: ${reason}`),
    `${fieldErrors.counts.reduce((sum, { count }) => sum + count, 0)} fields that could not be read${fieldErrors.counts.length === 0 ? '' : ':'}`,
    ...fieldErrors.counts.map(({ field, reason, count }) => `  ${field} ${reason}: ${count}`),
    ...fieldErrors.examples.map(({ line, field, value }) => `  ${line}: ${field} ${value}`),
    '',
  ].join('\n');
}
