import { stringify } from 'yaml';
import { alertRules } from './alerts.mjs';
import { dashboards } from './dashboards.mjs';

/** What is ours to mend: 5xx, but for what a client asks that nobody offers. */
export const badCodes = (codes) =>
  Object.keys(codes).filter((code) => codes[code].status >= 500 && code !== 'unsupported-operation');

/** Every file that Prometheus and Grafana are given, by its path below `config`. */
export const watchingFiles = (codes) => ({
  'prometheus/alerts.yaml': `# Made by npm run watching from config/watching. Scrape the gateway under the job dragoman. docs/runbook.md has a section for each alert.\n${stringify(alertRules(badCodes(codes)), { lineWidth: 0 })}`,
  ...Object.fromEntries(
    Object.entries(dashboards()).map(([name, page]) => [`grafana/${name}`, `${JSON.stringify(page, null, 2)}\n`]),
  ),
});
