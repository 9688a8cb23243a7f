/** The steps of a Dockerfile in their order: `{ instruction, text, line }`, comments gone and continued lines joined. */
export function readSteps(source) {
  const steps = [];
  let text = '';
  let first = 0;
  for (const [index, line] of source.split('\n').entries()) {
    if (/^\s*#/.test(line) || (text === '' && line.trim() === '')) continue;
    if (text === '') first = index + 1;
    text += line.replace(/\\\s*$/, ' ');
    if (/\\\s*$/.test(line)) continue;
    const [, instruction, rest] = /^\s*([A-Za-z]+)\s+(.*)$/.exec(text) ?? [];
    if (instruction === undefined) throw new Error(`Dockerfile:${first} cannot be read: ${text}`);
    steps.push({ instruction: instruction.toUpperCase(), text: rest.trim(), line: first });
    text = '';
  }
  return steps;
}

/** A command as Docker starts it: a JSON list as it is, anything else by a shell. */
export function readCommand(text) {
  return text.startsWith('[') ? JSON.parse(text) : ['/bin/sh', '-c', text];
}

/** `NAME=value` pairs, with quotes where there are any; `NAME value` as well. */
export function readPairs(text) {
  const pairs = [...text.matchAll(/([A-Za-z_][A-Za-z0-9_]*)=(?:"((?:[^"\\]|\\.)*)"|(\S*))/g)];
  if (pairs.length === 0) return Object.fromEntries([/^(\S+)\s+(.*)$/.exec(text).slice(1)]);
  return Object.fromEntries(pairs.map(([, name, quoted, plain]) => [name, quoted ?? plain]));
}

/** Options (`--from=build`) and what follows them. */
export function readOptions(text) {
  const options = {};
  let rest = text;
  for (let match; (match = /^--([a-z-]+)(?:=(\S+))?\s*/.exec(rest)); rest = rest.slice(match[0].length)) {
    options[match[1]] = match[2] ?? true;
  }
  return { options, rest };
}
