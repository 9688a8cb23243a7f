import { type Document, isAlias, isMap, isNode, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import type { ConfigPath } from './path.ts';

/** A parsed configuration file. */
export interface Source {
  readonly value: unknown;
  /** Where a path stands, `gateway.yaml:12:9`; for what is not there, where it is missing. */
  locate(path: ConfigPath): string;
}

/** A reference that YAML takes for a mapping. */
const bareReference = /[[{,:]\s*\$\{/;

/** Reads YAML 1.2. Throws an error that names the first place that is not YAML. `name` is what errors call the file. */
export function parseSource({ text, name }: { readonly text: string; readonly name: string }): Source {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, version: '1.2' });
  const place = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `${name}:${line}:${col}`;
  };
  // A warning is a tag that is not known: its value would not be what was meant. What follows the first fault mostly follows from it.
  const [fault] = [...document.errors, ...document.warnings].sort((one, other) => one.pos[0] - other.pos[0]);
  if (fault !== undefined) {
    const [what = ''] = fault.message.split(': ', 1); // not the text itself: it may be a secret
    const { line } = lines.linePos(fault.pos[0]);
    const hint = bareReference.test(text.split('\n')[line - 1] ?? '') ? '; put ${…} in quotes inside { } and [ ]' : '';
    throw new Error(`The configuration is not YAML:\n  ${place(fault.pos[0])}: ${what}${hint}`);
  }
  return {
    value: toValue(document, name),
    locate: (path) => place(offsetOf(document, path)),
  };
}

function toValue(document: Document, name: string): unknown {
  try {
    return document.toJS();
  } catch (cause) {
    throw new Error(`The configuration is not YAML:\n  ${name}: an alias cannot be followed`, { cause });
  }
}

/** The offset of a mapping's key or a list's entry, or of the nearest thing around it. */
function offsetOf(document: Document, path: ConfigPath): number {
  let node: unknown = document.contents;
  let offset = startOf(node) ?? 0;
  for (const step of path) {
    if (isAlias(node)) node = node.resolve(document);
    const next = below(node, step);
    if (next === undefined) break;
    offset = startOf(next.mark) ?? offset;
    node = next.node;
  }
  return offset;
}

function below(node: unknown, step: string | number): { readonly node: unknown; readonly mark: unknown } | undefined {
  if (isSeq(node)) return { node: node.items[Number(step)], mark: node.items[Number(step)] };
  if (!isMap(node)) return undefined;
  const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(step));
  return pair && { node: pair.value, mark: pair.key };
}

const startOf = (node: unknown): number | undefined => (isNode(node) ? (node as Node).range?.[0] : undefined);
