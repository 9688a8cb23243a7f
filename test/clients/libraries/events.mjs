import assert from 'node:assert/strict';
import { fetchEventSource } from '@microsoft/fetch-event-source';
import { EventSource } from 'eventsource';
import { until, versionOf } from '../fixtures.mjs';

const headers = ({ gateway }) => ({ 'x-api-key': gateway.key, 'content-type': 'application/json' });
const guide = '5e9c1a2b-3d4e-4f60-b2f2-9f4b1c2d3e4f';

async function post(at, path, body) {
  const response = await fetch(at.gateway.url + path, {
    method: 'POST',
    headers: headers(at),
    body: JSON.stringify(body),
  });
  assert.ok(response.ok, `${path}: ${response.status}`);
  return response.json();
}

const say = (at, id, message) => post(at, `/v1/chats/${id}/messages`, { message, currentUrl: 'https://shop.example/' });

/** A chat of the shopping assistant's with a subscriber, and all that this one hears. */
async function subscribe(at) {
  const { id } = await post(at, '/v1/chats', { chatbotId: guide });
  const heard = [];
  let connections = 0;
  const withKey = (input, init) => {
    connections += 1;
    return fetch(input, { ...init, headers: { ...init.headers, ...headers(at) } });
  };
  const source = new EventSource(`${at.gateway.url}/v1/chats/${id}/events`, { fetch: withKey });
  source.addEventListener('message', ({ data }) => heard.push(JSON.parse(data)));
  await new Promise((resolve, reject) => {
    source.addEventListener('open', resolve, { once: true });
    source.addEventListener('error', reject, { once: true });
  });
  return { id, heard, source, connections: () => connections };
}

const completed = ({ status }) => status === 'completed';

const subscriber = {
  async streamed(at) {
    const { id, heard, source } = await subscribe(at);
    await say(at, id, 'Hi');
    await until(() => heard.some(completed), 'the subscriber hears the end of the answer');
    assert.equal(heard.find(completed).content, 'Hello from the vendor.');
    source.close();
  },
  async reconnects(at) {
    const { id, heard, source, connections } = await subscribe(at);
    await say(at, id, 'Hi');
    await until(() => heard.some(completed), 'the subscriber hears the end of the answer');
    await at.restart();
    await until(() => connections() > 1 && source.readyState === EventSource.OPEN, 'it connects again', 20_000);
    await say(at, id, 'And now?');
    await until(() => heard.filter(completed).length === 2, 'it hears the next answer, and the first one once');
    source.close();
  },
};

/** It is for browsers: what it looks for there is a window and a page. Others must not take this for a browser. */
async function asPage(run) {
  const page = { window: globalThis, document: { hidden: false, addEventListener() {}, removeEventListener() {} } };
  Object.assign(globalThis, page);
  try {
    await run();
  } finally {
    for (const name of Object.keys(page)) Reflect.deleteProperty(globalThis, name);
  }
}

const widget = {
  async streamed(at) {
    let pieces = '';
    let requests = 0;
    const options = {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        site_key: at.gateway.site,
        session_id: 'sess_of_a_page_1234',
        message: 'Wait, then speak',
      }),
      openWhenHidden: true,
      fetch(...given) {
        requests += 1;
        return fetch(...given);
      },
      onmessage({ data }) {
        pieces += JSON.stringify(JSON.parse(data)); // a heartbeat is no message
      },
      onerror(failure) {
        throw failure;
      },
    };
    await asPage(() => fetchEventSource(`${at.gateway.url}/api/v1/chat/stream`, options));
    assert.match(pieces, /Hello[^]*vendor/);
    assert.equal(requests, 1);
  },
};

export const libraries = [
  { name: `eventsource ${versionOf('eventsource')}`, api: 'homie events', cases: subscriber },
  {
    name: `@microsoft/fetch-event-source ${versionOf('@microsoft/fetch-event-source')}`,
    api: 'widget',
    cases: widget,
  },
];
