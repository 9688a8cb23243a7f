import { describe, expect, it } from 'vitest';
import type { Rule } from '../support/architecture.ts';
import * as architecture from '../support/architecture.ts';

interface Sample {
  readonly rule: Rule;
  readonly path: string;
  readonly good: string;
  readonly bad: string;
}

const samples: Readonly<Record<string, Sample>> = {
  'imports point down only': {
    rule: architecture.arrowsPointDown,
    path: 'src/catalog/search.ts',
    good: "import type { Item } from '../canonical/index.ts';\nexport { fold } from './words.ts';",
    bad: "import type { Backend } from '../backends/backend.ts';",
  },
  'what stands side by side is not imported': {
    rule: architecture.arrowsPointDown,
    path: 'src/stores/store.ts',
    good: "import { toGatewayError } from '../errors/index.ts';",
    bad: "export type { Catalog } from '../catalog/catalog.ts';",
  },
  'the canonical model imports nothing but errors': {
    rule: architecture.arrowsPointDown,
    path: 'src/canonical/guard.ts',
    good: "import { GatewayError } from '../errors/index.ts';",
    bad: "const { frame } = await import('../sse/index.ts');",
  },
  'the program imports nothing from outside src': {
    rule: architecture.staysInside,
    path: 'src/http/server.ts',
    good: "import { log } from '../observability/log.ts';",
    bad: "import { fixture } from '../../test/support/fixture.ts';",
  },
  'no dialect imports another': {
    rule: architecture.dialectsAreStrangers,
    path: 'src/dialects/homie/message.ts',
    good: "import type { Codec } from '../dialect.ts';\nimport { price } from './price.ts';",
    bad: "import { price } from '../item-discovery/item.ts';",
  },
  'only src/http imports a server library': {
    rule: architecture.serverLibrariesStayInHttp,
    path: 'src/admin/console.ts',
    good: "import { readFile } from 'node:fs/promises';",
    bad: "import type { Request } from 'express';",
  },
  'no dialect frames its messages': {
    rule: architecture.framesAreMadeInSse,
    path: 'src/dialects/widget/events.ts',
    good: 'const message = { data: JSON.stringify({}) };',
    bad: 'const message = `data: ${JSON.stringify({})}`;',
  },
  'no dialect ends its frames': {
    rule: architecture.framesAreMadeInSse,
    path: 'src/dialects/widget/events.ts',
    good: "const lines = text.split('\\n');",
    bad: "const frame = text + '\\n\\n';",
  },
  'nothing asks which dialect it has': {
    rule: architecture.dialectsAreData,
    path: 'src/http/endpoint.ts',
    good: "if (dialect.conversationIds === 'integer') count();",
    bad: "if (dialect.name === 'widget') count();",
  },
  'no file is over 250 lines': {
    rule: architecture.filesAreShort,
    path: 'src/http/server.ts',
    good: 'x;\n'.repeat(250),
    bad: 'x;\n'.repeat(251),
  },
};

describe('the architecture', () => {
  const sources = architecture.readSources('src');
  const rules = Object.entries({
    ...Object.fromEntries(Object.entries(samples).map(([name, { rule }]) => [name, rule])),
    'file names say something': architecture.namesSaySomething,
  });

  it('is read from the whole program', () => {
    expect(sources.map(({ path }) => path)).toContain('src/dialects/dialect.ts');
  });

  it('has no circle of files that import each other at run time', () => {
    expect(architecture.circlesOf(sources)).toEqual([]);
    const circle = [
      { path: 'src/one.ts', text: "import { two } from './two.ts';" },
      { path: 'src/two.ts', text: "export { one, type One } from './one.ts';" },
    ];
    expect(architecture.circlesOf(circle)).toEqual(['src/one.ts → src/two.ts → src/one.ts']);
    expect(architecture.circlesOf([{ path: 'src/one.ts', text: "import type { two } from './one.ts';" }])).toEqual([]);
  });

  it.each(rules)('%s', (_name, rule) => {
    expect(sources.flatMap((file) => rule(file).map((broken) => `${file.path} ${broken}`))).toEqual([]);
  });
});

describe('each rule', () => {
  it.each(Object.entries(samples))('%s: can be kept and broken', (_name, { rule, path, good, bad }) => {
    expect(rule({ path, text: good })).toEqual([]);
    expect(rule({ path, text: bad })).toHaveLength(1);
  });

  it.each([
    ['src/http/utils.ts', 1],
    ['src/dialects/homie/price-helpers.ts', 1],
    ['src/types/item.ts', 1],
    ['src/common/index.ts', 1],
    ['src/dialects/homie/values.ts', 0],
  ])('file names say something: %s', (path, broken) => {
    expect(architecture.namesSaySomething({ path, text: '' })).toHaveLength(broken);
  });

  it('wants a floor for every part of the program', () => {
    expect(architecture.arrowsPointDown({ path: 'src/cellar/wine.ts', text: '' })).toHaveLength(1);
    const upwards = "import { wine } from '../cellar/wine.ts';";
    expect(architecture.arrowsPointDown({ path: 'src/main.ts', text: upwards.replace('..', '.') })).toHaveLength(1);
  });
});
