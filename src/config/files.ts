import type { Config } from './config.ts';

/** The files that a configuration is read from: itself, its catalogues, its lists of questions, and values. Absolute paths. */
export function filesOf({ file, valueFiles, catalogs, backends }: Config): readonly string[] {
  const questions = Object.values(backends).flatMap((backend) =>
    backend.type === 'catalog' && backend.questions !== undefined ? [backend.questions] : [],
  );
  return [...new Set([file, ...Object.values(catalogs).map((catalog) => catalog.file), ...questions, ...valueFiles])];
}
