/** Samples of one series, as promtool has them: `0+60x100`. */
type Series = readonly [name: string, values: string];

/** What happens, and when an alert is to be firing and when not, as promtool writes times. */
export interface AlertCase {
  readonly alert: string;
  readonly what: string;
  readonly interval: string;
  readonly series: readonly Series[];
  readonly fires: readonly string[];
  readonly silent: readonly string[];
}

const calls = (code: string) =>
  `dragoman_requests_total{dialect="homie",operation="send-message",backend="shop",code="${code}"}`;
const attempts = (code: string) => `dragoman_backend_attempts_total{backend="llm",code="${code}"}`;

/** One call a second, of which so many a minute fail, until the given minute and none after it. */
const failing = (aMinute: number, minutes: number, code = 'internal'): readonly Series[] => [
  [calls('ok'), '0+60x2000'],
  [calls(code), `0+${aMinute}x${minutes} ${aMinute * minutes}x${2000 - minutes}`],
];

/** A gauge that is wrong from the 10th minute to the 60th. */
const gauge = (
  name: string,
  { right, wrong }: { readonly right: number; readonly wrong: number },
): readonly Series[] => [[name, `${right}x9 ${wrong}x49 ${right}x200`]];

const ofGauge = (
  alert: string,
  name: string,
  values: { readonly right: number; readonly wrong: number },
): AlertCase => ({
  alert,
  what: `${name} is ${values.wrong} for fifty minutes`,
  interval: '1m',
  series: gauge(name, values),
  fires: ['30m', '55m'],
  silent: ['9m', '75m'],
});

export const alertCases: readonly AlertCase[] = [
  {
    alert: 'DragomanErrorsFast',
    what: 'a tenth of all calls fails for two hours',
    interval: '1m',
    series: failing(6, 120),
    fires: ['20m', '119m'],
    silent: ['135m', '10h'],
  },
  {
    alert: 'DragomanErrorsFast',
    what: 'clients leave, and ask for what is not there',
    interval: '1m',
    series: [
      ...failing(60, 600, 'client-closed'),
      [calls('not-found'), '0+600x2000'],
      [calls('unsupported-operation'), '0+60x2000'],
    ],
    fires: [],
    silent: ['20m', '2h', '10h'],
  },
  {
    alert: 'DragomanErrorsFast',
    what: 'two of a few calls fail at night',
    interval: '1m',
    series: [
      [calls('ok'), '0+1x200'],
      [calls('internal'), '0x10 2x190'],
    ],
    fires: [],
    silent: ['20m', '1h'],
  },
  {
    alert: 'DragomanErrorsSteady',
    what: 'eight of a thousand calls fail for eight hours',
    interval: '5m',
    series: [
      [calls('ok'), '0+300x300'],
      [calls('upstream-timeout'), '0+2.4x96 230.4x200'],
    ],
    fires: ['7h', '8h'],
    silent: ['5m', '9h', '20h'],
  },
  {
    alert: 'DragomanErrorsSlow',
    what: 'two of a thousand calls fail for four days',
    interval: '30m',
    series: [
      [calls('ok'), '0+1800x400'],
      [calls('upstream-failed'), '0+3.6x192 691.2x200'],
    ],
    fires: ['80h', '95h'],
    silent: ['110h'],
  },
  {
    alert: 'DragomanErrorsSlow',
    what: 'five of ten thousand calls fail',
    interval: '30m',
    series: [
      [calls('ok'), '0+1800x400'],
      [calls('upstream-failed'), '0+0.9x400'],
    ],
    fires: [],
    silent: ['10h', '80h', '150h'],
  },
  ofGauge('DragomanDown', 'up{job="dragoman",instance="a:1"}', { right: 1, wrong: 0 }),
  {
    alert: 'DragomanNoTraffic',
    what: 'calls stop for an hour, and come back',
    interval: '1m',
    series: [[calls('ok'), '0+60x120 7200x59 7200+60x200']],
    fires: ['145m', '175m'],
    silent: ['1h', '2h', '190m'],
  },
  {
    alert: 'DragomanNoTraffic',
    what: 'nobody has ever called',
    interval: '1m',
    series: [[calls('ok'), '0x300']],
    fires: [],
    silent: ['30m', '3h'],
  },
  ofGauge('DragomanStoreAway', 'dragoman_store_up{instance="a:1"}', { right: 1, wrong: 0 }),
  {
    alert: 'DragomanUpstreamDown',
    what: 'all that a backend is asked fails for half an hour',
    interval: '1m',
    series: [
      [attempts('ok'), '0+60x30 1800x30 1800+60x100'],
      [attempts('upstream-unavailable'), '0x30 0+60x30 1800x100'],
    ],
    fires: ['45m', '60m'],
    silent: ['20m', '80m'],
  },
  {
    alert: 'DragomanUpstreamDown',
    what: 'clients leave it, and it refuses what they say',
    interval: '1m',
    series: [
      [attempts('ok'), '0+60x100'],
      [attempts('client-closed'), '0+600x100'],
      [attempts('content-filter'), '0+600x100'],
    ],
    fires: [],
    silent: ['30m', '90m'],
  },
  ofGauge('DragomanBreakerOpen', 'dragoman_breaker_open{backend="llm"}', { right: 0, wrong: 1 }),
  ofGauge('DragomanLimitsInsured', 'dragoman_limits_insured{instance="a:1"}', { right: 0, wrong: 1 }),
  ofGauge('DragomanReloadRefused', 'dragoman_config_last_reload_success{instance="a:1"}', { right: 1, wrong: 0 }),
  {
    alert: 'DragomanWorkerRestarts',
    what: 'workers end one after the other, and then no more',
    interval: '1m',
    series: [['dragoman_worker_restarts_total{instance="a:1"}', '0x20 0+1x10 10x100']],
    fires: ['30m'],
    silent: ['20m', '60m'],
  },
  {
    alert: 'DragomanWorkerRestarts',
    what: 'one worker ends',
    interval: '1m',
    series: [['dragoman_worker_restarts_total{instance="a:1"}', '0x20 1x100']],
    fires: [],
    silent: ['21m', '40m'],
  },
  ofGauge('DragomanDiskNearFull', 'dragoman_store_free_bytes{instance="a:1"}', { right: 50e9, wrong: 5e8 }),
  {
    alert: 'DragomanDiskNearFull',
    what: 'the disk fills within a day, and is emptied',
    interval: '5m',
    series: [['dragoman_store_free_bytes{instance="a:1"}', '18000000000-60000000x100 18000000000x200']],
    fires: ['6h'],
    silent: ['20h'],
  },
  ofGauge('DragomanCertificateEnds', 'dragoman_certificate_expiry_timestamp_seconds{backend="llm"}', {
    right: 90 * 86_400,
    wrong: 86_400,
  }),
];
