import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { runCommand } from '../../../src/cli/commands.ts';
import { runMigration } from '../../../src/cli/migration.ts';
import { send } from '../../support/client.ts';
import type { TestGateway } from '../../support/gateway.ts';
import { runMoving } from '../../support/migrating.ts';

let gateway: TestGateway;
beforeEach(async () => {
  gateway = await runMoving(undefined);
});
afterEach(() => gateway.close());

const run = (...words: readonly string[]) =>
  runMigration(words, { DRAGOMAN_URL: gateway.url, DRAGOMAN_ADMIN_TOKEN: 'demo-admin' });

describe('dragoman migration', () => {
  it('lists and shows where migrations stand, for people and as a document', async () => {
    const line = 'storefront: observe since 20';
    expect(await run('list')).toEqual({ output: expect.stringContaining(line), code: 0 });
    expect(await run('show', 'storefront')).toEqual({
      output: expect.stringMatching(
        /ready: inconclusive \(0 of 200 comparisons\)\n {2}\S+ {2}observe {2}by configuration: it begins here\n$/,
      ),
      code: 0,
    });
    const { output } = await run('list', '--json');
    expect(JSON.parse(output)).toMatchObject({ migrations: [{ name: 'storefront', stage: 'observe', revision: 1 }] });
    expect(JSON.parse((await run('show', 'storefront', '--json')).output)).toMatchObject({ name: 'storefront' });
  });

  it('moves one on and back, and ends with 1 where that is refused', async () => {
    expect(await run('stage', 'storefront', 'shadow', '--why', 'to see')).toMatchObject({ code: 0 });
    expect(await run('stage', 'storefront', 'canary')).toEqual({
      output: 'refused: Refused without force: the figures do not carry canary: 0 of 200 comparisons\n',
      code: 1,
    });
    expect(await run('stage', 'storefront', 'canary', '--canary', '10%', '--force')).toEqual({
      output: expect.stringContaining('storefront: canary 10% since'),
      code: 0,
    });
    expect(await run('rollback', 'storefront')).toEqual({
      output: expect.stringContaining('storefront: shadow since'),
      code: 0,
    });
    await run('stage', 'storefront', 'retired', '--force');
    expect(await run('rollback', 'storefront', '--to', 'observe', '--json')).toMatchObject({ code: 0 });
    expect(await run('rollback', 'storefront')).toEqual({
      output: 'refused: storefront stands at observe, before which there is nothing\n',
      code: 1,
    });
  });

  it('reports too few figures with 3', async () => {
    expect(await run('report', 'storefront')).toEqual({
      output: expect.stringMatching(
        /^storefront: observe since [^]*Ready\n {2}inconclusive\n {2}0 of 200 comparisons\n/,
      ),
      code: 3,
    });
    expect(JSON.parse((await run('report', 'storefront', '--json')).output)).toMatchObject({
      readiness: 'inconclusive',
    });
  });

  it('reports what differs, for people in three forms, without their words unless they are asked for', async () => {
    await gateway.close();
    const migration = { stage: 'shadow', shadow: { sample: '100%' }, ready: { comparisons: 1 } };
    gateway = await runMoving(undefined, { migration: { ...migration, compare: { text: 1 } } });
    await send('POST', `${gateway.url}/v1/chat/completions`, {
      headers: { authorization: 'Bearer demo-key' },
      json: {
        model: 'support-agent',
        messages: [{ role: 'user', content: 'Where are the <b>hats</b> and *gloves*?' }],
      },
    });
    const report = (...options: readonly string[]) => run('report', 'storefront', ...options);
    await vi.waitFor(async () => expect((await report()).code).not.toBe(3), { timeout: 15_000, interval: 100 });
    const { output, code } = await report();
    expect(code).toBe(1);
    expect(output).toContain('0.0 % are equal or equivalent (95 % interval: 0.0 % to 79.3 %), of 1\n');
    expect(output).toContain('output.text: 1 times, 100.0 % of all\n  output.text, comparison 1: words (see --text)\n');
    for (const format of ['text', 'markdown', 'html']) {
      const told = (await report('--format', format)).output;
      expect(told).not.toContain('hats');
      expect(told).toContain('storefront');
    }
    expect((await report('--text')).output).toContain(' before, "new after 0: Where are the <b>hats</b>');
    expect((await report('--text', '--format', 'html')).output).toContain('&lt;b&gt;hats&lt;/b&gt;');
    expect((await report('--text', '--format', 'markdown')).output).toContain('\\<b\\>hats');
    const html = (await report('--format', 'html')).output;
    expect(html).toMatch(/^<!doctype html>/);
    expect(html).not.toMatch(/<script|src=|href=/);
    expect(await run('report', 'storefront', '--format', 'pdf').catch((thrown: Error) => thrown.message)).toContain(
      '--format must be text or json or html or markdown',
    );
  });

  it.each([
    ['an unknown name', ['show', 'nobody'], 2, 'Migration not found'],
    ['a refused token', ['list', '--token', 'wrong'], 2, 'Invalid or missing credentials'],
    ['a gateway that is away', ['list', '--url', 'http://127.0.0.1:1'], 2, 'unreachable: Nobody answers'],
    ['no address', ['list', '--url', 'nowhere'], 64, '--url must be an http address'],
    ['an unknown verb', ['go'], 64, 'Say list, show, report, stage, rollback, reset.'],
    ['a name too few', ['show'], 64, 'show takes 1 words beside it'],
    ['an unknown stage', ['stage', 'storefront', 'there'], 64, 'The stage must be observe'],
    [
      'a step that is none back',
      ['rollback', 'storefront', '--to', 'cutover'],
      64,
      '--to must be a stage before observe',
    ],
  ])('of %s ends with what is wrong', async (_what, words, code, output) => {
    process.env['DRAGOMAN_URL'] = gateway.url;
    process.env['DRAGOMAN_ADMIN_TOKEN'] = 'demo-admin';
    expect(await runCommand(['migration', ...words])).toEqual({ output: expect.stringContaining(output), code });
  });
});
