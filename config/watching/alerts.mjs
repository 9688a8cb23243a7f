/** The rules for Prometheus, as plain objects. `badCodes` are the error codes that count against the objective. */
export function alertRules(badCodes) {
  return {
    groups: [
      { name: 'dragoman-errors', rules: [...windows.map((window) => badRatio(badCodes, window)), ...burning] },
      { name: 'dragoman', rules: conditions },
    ],
  };
}

const windows = ['5m', '30m', '1h', '6h', '3d'];

/** Of the calls that were answered; whoever left was not. */
const badRatio = (badCodes, window) => ({
  record: `dragoman:bad_calls:ratio_rate${window}`,
  expr:
    `(sum(rate(dragoman_requests_total{code=~"${badCodes.join('|')}"}[${window}])) or vector(0))` +
    ` / (sum(rate(dragoman_requests_total{code!="client-closed"}[${window}])) > 0)`,
});

/** 99.9 % in 30 days. */
const allowed = 0.001;
/** Calls a second, below which a few failures say nothing of a rate. */
const leastTraffic = 0.05;

/** Both windows: the long one, so that it matters, and the short one, so that the alert ends soon after its cause. */
const burns = (times, long, short) =>
  `dragoman:bad_calls:ratio_rate${long} > ${round(times * allowed)} and dragoman:bad_calls:ratio_rate${short} > ${round(times * allowed)}` +
  ` and sum(rate(dragoman_requests_total[${long}])) > ${leastTraffic}`;

const round = (value) => Number(value.toFixed(6));

const alert = (name, severity, { expr, held, summary }) => ({
  alert: name,
  expr,
  ...(held && { for: held }),
  labels: { severity },
  annotations: { summary, runbook_url: `docs/runbook.md#${name.toLowerCase()}` },
});

const burning = [
  alert('DragomanErrorsFast', 'page', {
    expr: burns(14.4, '1h', '5m'),
    held: '2m',
    summary: 'Calls fail so fast that two days use up the errors of a month: {{ $value | humanizePercentage }} of the last hour.',
  }),
  alert('DragomanErrorsSteady', 'page', {
    expr: burns(6, '6h', '30m'),
    held: '5m',
    summary: 'Calls fail so fast that five days use up the errors of a month: {{ $value | humanizePercentage }} of the last six hours.',
  }),
  alert('DragomanErrorsSlow', 'ticket', {
    expr: burns(1, '3d', '6h'),
    held: '1h',
    summary: 'The errors of a month are being used up: {{ $value | humanizePercentage }} of the last three days.',
  }),
];

const conditions = [
  alert('DragomanDown', 'page', {
    expr: 'up{job="dragoman"} == 0',
    held: '2m',
    summary: '{{ $labels.instance }} does not tell its metrics.',
  }),
  alert('DragomanNoTraffic', 'page', {
    expr: `sum(rate(dragoman_requests_total[15m])) == 0 and sum(rate(dragoman_requests_total[1h] offset 15m)) > ${leastTraffic}`,
    held: '5m',
    summary: 'Nobody calls any more, and somebody did an hour ago.',
  }),
  alert('DragomanStoreAway', 'page', {
    expr: 'dragoman_store_up == 0',
    held: '1m',
    summary: 'The store of {{ $labels.instance }} does not answer, or its disk is full: turns are refused.',
  }),
  alert('DragomanUpstreamDown', 'page', {
    expr:
      'sum by (backend) (rate(dragoman_backend_attempts_total{code!~"ok|client-closed|content-filter|context-overflow"}[5m]))' +
      ' / sum by (backend) (rate(dragoman_backend_attempts_total{code!="client-closed"}[5m])) > 0.5' +
      ' and sum by (backend) (increase(dragoman_backend_attempts_total[5m])) > 5',
    held: '3m',
    summary: 'Most of what the backend {{ $labels.backend }} is asked fails.',
  }),
  alert('DragomanBreakerOpen', 'ticket', {
    expr: 'max by (backend) (dragoman_breaker_open) == 1',
    held: '5m',
    summary: 'The backend {{ $labels.backend }} is left alone after its failures.',
  }),
  alert('DragomanLimitsInsured', 'ticket', {
    expr: 'dragoman_limits_insured == 1',
    held: '5m',
    summary: 'Each process of {{ $labels.instance }} counts limits by itself: Redis does not answer.',
  }),
  alert('DragomanReloadRefused', 'ticket', {
    expr: 'dragoman_config_last_reload_success == 0',
    held: '5m',
    summary: 'What the configuration of {{ $labels.instance }} says is not in force.',
  }),
  alert('DragomanWorkerRestarts', 'ticket', {
    expr: 'increase(dragoman_worker_restarts_total[15m]) > 2',
    summary: 'Processes of {{ $labels.instance }} end and are replaced, again and again.',
  }),
  alert('DragomanDiskNearFull', 'ticket', {
    expr:
      'dragoman_store_free_bytes < 1e9' +
      ' or (dragoman_store_free_bytes < 2e10 and predict_linear(dragoman_store_free_bytes[6h], 86400) < 0)',
    held: '10m',
    summary: 'The disk of the store of {{ $labels.instance }} has {{ $value | humanize1024 }}B free.',
  }),
  alert('DragomanCertificateEnds', 'ticket', {
    expr: 'dragoman_certificate_expiry_timestamp_seconds - time() < 14 * 86400',
    summary: 'The certificate that the backend {{ $labels.backend }} is asked with ends in {{ $value | humanizeDuration }}.',
  }),
];
