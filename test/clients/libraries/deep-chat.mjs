import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { chromium } from 'playwright-core';
import { versionOf } from '../fixtures.mjs';

const executablePath = '/usr/bin/chromium';
const bundle = new URL('../node_modules/deep-chat/dist/deepChat.bundle.js', import.meta.url);

/** A page with the component on it, as its documentation has it, at an origin of its own. */
async function openPage({ gateway }, { stream }) {
  const url = `${gateway.url}/v1/chat/completions`;
  const connect = { url, stream, additionalBodyProps: { model: gateway.agent } };
  const openAI = { key: gateway.key, validateKeyProperty: false, completions: true };
  const html = `<!doctype html><script type="module" src="/deep-chat.js"></script>
    <deep-chat directConnection='${JSON.stringify({ openAI })}' connect='${JSON.stringify(connect)}'></deep-chat>`;
  const server = createServer(async ({ url }, response) => {
    const isScript = url === '/deep-chat.js';
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html');
    response.end(isScript ? await readFile(bundle) : html);
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  const page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${server.address().port}/`);
  return {
    page,
    async close() {
      await browser.close();
      server.close();
    },
  };
}

/** It shows nothing more once a stream has ended, and notices the end before the last words of one that comes all at once. */
const ask = (stream) => async (at) => {
  const { page, close } = await openPage(at, { stream });
  try {
    await page.locator('#text-input').fill('Hi, answer calmly');
    await page.locator('#text-input').press('Enter');
    const answer = page.locator('.ai-message-text').last();
    await answer.filter({ hasText: 'vendor.' }).waitFor({ timeout: 20_000 });
    assert.equal(await answer.innerText(), 'Hello from the vendor.');
  } finally {
    await close();
  }
};

export const libraries = [
  {
    name: `deep-chat ${versionOf('deep-chat')} in Chromium`,
    api: 'chat completions',
    missing: existsSync(executablePath) ? undefined : new Error(`${executablePath} is not there: install it`),
    cases: { plain: ask(false), streamed: ask(true) },
  },
];
