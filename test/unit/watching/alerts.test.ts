import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { badCodes, watchingFiles } from '../../../config/watching/files.mjs';
import { errorCodes } from '../../../src/errors/index.ts';
import { type AlertCase, alertCases } from '../../support/alert-cases.ts';
import { hasAll, hasProgram } from '../../support/needs.ts';

const rules = resolve('config/prometheus/alerts.yaml');

interface Rule {
  readonly alert?: string;
  readonly expr: string;
  readonly labels?: { readonly severity: string };
  readonly annotations?: { readonly summary: string; readonly runbook_url: string };
}

const allRules = async (): Promise<readonly Rule[]> => {
  const { groups } = parse(await readFile(rules, 'utf8')) as { groups: readonly { rules: readonly Rule[] }[] };
  return groups.flatMap((group) => group.rules);
};
const alerts = async () => (await allRules()).filter(({ alert }) => alert !== undefined);

describe('what Prometheus and Grafana are given', () => {
  it('is what is made from code: npm run watching makes it anew', async () => {
    for (const [path, text] of Object.entries(watchingFiles(errorCodes))) {
      expect([path, await readFile(join('config', path), 'utf8')]).toEqual([path, text]);
    }
  });

  it('counts against the objective what is ours to mend, and never what a client asks or that it leaves', () => {
    const bad = badCodes(errorCodes);
    expect(bad).toContain('internal');
    expect(bad).toContain('overloaded');
    for (const code of ['client-closed', 'not-found', 'rate-limited', 'unsupported-operation', 'content-filter'])
      expect(bad).not.toContain(code);
  });

  it('has a section of the runbook for each alert, and none for what there is not', async () => {
    const sections = [...(await readFile('docs/runbook.md', 'utf8')).matchAll(/^## (\S+)$/gm)].map(([, name]) => name);
    expect(sections).toEqual((await alerts()).map(({ alert }) => alert));
    for (const { alert = '', labels, annotations } of await alerts()) {
      expect(annotations?.runbook_url).toBe(`docs/runbook.md#${alert.toLowerCase()}`);
      expect(['page', 'ticket']).toContain(labels?.severity);
    }
  });

  it('has cases for each alert', async () => {
    const firing = new Set(alertCases.filter(({ fires }) => fires.length > 0).map(({ alert }) => alert));
    expect([...firing].sort()).toEqual((await alerts()).map(({ alert }) => alert).sort());
    for (const { alert, silent } of alertCases) expect([alert, silent.length > 0]).toEqual([alert, true]);
  });
});

describe.runIf(hasAll({ promtool: hasProgram('promtool') }))('the rules, to promtool', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dragoman-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  const promtool = (...parameters: readonly string[]) => promisify(execFile)('promtool', parameters);
  const firing = (alert: string, time: string, isFiring: boolean) => ({
    expr: `count(ALERTS{alertname="${alert}",alertstate="firing"})`,
    eval_time: time,
    exp_samples: isFiring ? [{ labels: '{}', value: 1 }] : [],
  });
  const testRules = async (interval: string, ...tests: readonly object[]): Promise<void> => {
    const file = join(folder, 'cases.yaml');
    await writeFile(file, stringify({ rule_files: [rules], evaluation_interval: interval, tests }, { lineWidth: 0 }));
    await promtool('test', 'rules', file).catch(({ stdout, stderr }: { stdout: string; stderr: string }) => {
      throw new Error(stdout + stderr);
    });
  };

  it('are rules', async () => {
    expect((await promtool('check', 'rules', rules)).stdout).toContain('SUCCESS');
  });

  it.each(alertCases.map((one): [string, string, AlertCase] => [one.alert, one.what, one]))(
    '%s fires and ends as it should: %s',
    async (alert, _what, { interval, series, fires, silent }) => {
      await testRules(interval, {
        interval,
        input_series: series.map(([name, values]) => ({ series: name, values })),
        promql_expr_test: [
          ...fires.map((time) => firing(alert, time, true)),
          ...silent.map((time) => firing(alert, time, false)),
        ],
      });
    },
  );

  it('none fires where there is no data', async () => {
    const names = (await alerts()).map(({ alert = '' }) => alert);
    const promql_expr_test = names.flatMap((name) => ['10m', '5h'].map((time) => firing(name, time, false)));
    await testRules('1m', { interval: '1m', input_series: [{ series: 'nothing', values: '0x400' }], promql_expr_test });
  });
});
