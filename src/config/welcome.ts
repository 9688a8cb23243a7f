import type { Config } from './config.ts';
import { demoAccess, describeConfig } from './describe.ts';

/** What is printed when the gateway listens: where, and, while the demo's credentials are in force, a line to try for each dialect. */
export function welcome(
  config: Config,
  url: string,
  { metricsUrl = url, adminUrl = url }: { readonly metricsUrl?: string; readonly adminUrl?: string } = {},
): string {
  const lines = [
    `Dragoman listens on ${url} (API description ${url}/openapi.json, metrics ${metricsUrl}/metrics)`,
    ...describeConfig(config).map((line) => `  ${line}`),
  ];
  const { key, site, adminToken } = demoAccess(config);
  if (key !== undefined) {
    const { secret, agent } = key;
    lines.push('', `Demo key ${secret}. One line a dialect, to copy and paste:`, '');
    lines.push(
      ...say('homie', post(`${url}/v1/chats`, `x-api-key: ${secret}`, { chatbotId: agent.id })),
      ...say('item-discovery', post(`${url}/v1/chat`, `Authorization: Bearer ${secret}`, desk)),
      ...say(
        'agent-slug',
        post(`${url}/v1/api/chat/${agent.slug}`, `Authorization: Bearer ${secret}`, streamed, '-N '),
      ),
      ...say('tenant-chats', post(`${url}/api/v1/chats/`, `X-API-Key: ${secret}`, { user_id: 'user123' })),
      ...say(
        'openai',
        post(
          `${url}/v1/chat/completions`,
          `Authorization: Bearer ${secret}`,
          { model: agent.slug, ...completion },
          '-N ',
        ),
      ),
    );
  }
  if (site !== undefined) {
    const said = { site_key: site.key, session_id: 'sess_1', message: 'Do you ship to Canada?' };
    lines.push(...say('widget', post(`${url}/api/v1/chat/stream`, undefined, said, '-N ')));
  }
  if (adminToken !== undefined) {
    const list = `${adminUrl}/admin/v1/tenants/${config.tenants[0]?.id ?? ''}/conversations`;
    lines.push(...say('operators', `curl ${list} -H 'Authorization: Bearer ${adminToken}'`));
  }
  return `${lines.join('\n')}\n`;
}

const desk = { message: 'Which desk would you recommend for heavy tools?' };
const completion = { messages: [{ role: 'user', content: 'Do you ship to Canada?' }], stream: true };
const streamed = { message: 'Does the blue hoodie come in size L?', stream: true };

function post(url: string, header: string | undefined, body: object, options = ''): string {
  const credential = header === undefined ? '' : ` -H '${header}'`;
  return `curl ${options}${url}${credential} -H 'Content-Type: application/json' -d '${JSON.stringify(body)}'`;
}

const say = (name: string, line: string): readonly string[] => [`# ${name}`, line, ''];
