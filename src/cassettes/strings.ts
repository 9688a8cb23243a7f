/** Gives a string's new content, as escaped as it was, of its content and of the name that it stands under. */
export type EditString = (content: string, name: string) => string;

export interface Edits {
  readonly string: EditString;
  /** Text that is no JSON. */
  readonly plain: (text: string) => string;
}

/** A document, or a stream of events, with each of its strings edited; what is neither is edited as plain text. */
export function editText(text: string, edits: Edits): string {
  if (isJson(text)) return editJson(text, edits.string);
  if (!/^(?:data|event|id|retry)?:/m.test(text)) return edits.plain(text);
  return text.replace(/[^\r\n]+/g, (line) => editLine(line, edits));
}

/** A place and a wish to resume say nothing of people. */
function editLine(line: string, edits: Edits): string {
  const [, field = '', value = ''] = /^((?:data|event|id|retry): ?)(.*)$/s.exec(line) ?? [];
  if (!field.startsWith('data')) return field === '' ? edits.plain(line) : line;
  return field + (isJson(value) ? editJson(value, edits.string) : edits.plain(value));
}

function isJson(text: string): boolean {
  if (!/^\s*[[{"]/.test(text)) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** JSON that can be parsed, its strings edited where they stand: whatever surrounds them stays as it was written. */
function editJson(text: string, edit: EditString): string {
  const names: string[] = [];
  let name = '';
  // Every string of JSON is closed. That the pattern does not ask for it keeps its work in proportion to any text.
  return text.replace(/"((?:[^"\\]|\\.)*)"?(\s*:)?|[[\]{}]/gs, (token, content: string | undefined, colon?: string) => {
    if (content === undefined) {
      if (token === '{' || token === '[') names.push(name);
      else name = names.pop() ?? '';
      return token;
    }
    if (colon === undefined) return `"${edit(content, name)}"`;
    name = content;
    return token;
  });
}
