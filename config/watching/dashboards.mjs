/** Dashboards for Grafana, by the name of their file, as plain objects. */
export function dashboards() {
  return Object.fromEntries(
    Object.entries(pages).map(([name, { title, panels }]) => [`${name}.json`, dashboard(name, title, panels)]),
  );
}

const perSecond = (metric, by) => `sum by (${by}) (rate(${metric}[$__rate_interval]))`;
const quantile = (part, metric, by) =>
  `histogram_quantile(${part}, sum by (le, ${by}) (rate(${metric}_bucket[$__rate_interval])))`;

/** A panel: what it shows, in which unit, and one query or several, each with the labels that name its lines. */
const panel = (title, unit, ...queries) => ({ title, unit, queries });
const query = (expr, legend) => ({ expr, legend });

const pages = {
  overview: {
    title: 'Dragoman: overview',
    panels: [
      panel('Calls', 'reqps', query(perSecond('dragoman_requests_total', 'dialect'), '{{dialect}}')),
      panel(
        'Failed calls, of all that were answered',
        'percentunit',
        query('dragoman:bad_calls:ratio_rate5m', 'five minutes'),
        query('dragoman:bad_calls:ratio_rate1h', 'an hour'),
      ),
      panel('Calls by how they ended', 'reqps', query(perSecond('dragoman_requests_total', 'code'), '{{code}}')),
      panel(
        'How long calls take',
        's',
        query(quantile(0.5, 'dragoman_request_seconds', 'dialect'), 'half of {{dialect}}'),
        query(quantile(0.99, 'dragoman_request_seconds', 'dialect'), '99 % of {{dialect}}'),
      ),
      panel('What they ask', 'reqps', query(perSecond('dragoman_requests_total', 'operation'), '{{operation}}')),
      panel('Memory', 'bytes', query('process_resident_memory_bytes', '{{instance}} {{worker}}')),
      panel('CPU', 'percentunit', query('rate(process_cpu_seconds_total[$__rate_interval])', '{{instance}} {{worker}}')),
      panel('Event loop, 99 %', 's', query('nodejs_eventloop_lag_p99_seconds', '{{instance}} {{worker}}')),
      panel('Builds', 'short', query('count by (version, node) (dragoman_build_info)', '{{version}} on {{node}}')),
      panel('Configurations in force', 'short', query('dragoman_config_generation', '{{instance}}')),
      panel('Log that cannot be written', 'cps', query(perSecond('dragoman_log_write_failures_total', 'instance'), '{{instance}}')),
      panel('Workers', 'short', query('dragoman_workers', '{{instance}}')),
    ],
  },
  streams: {
    title: 'Dragoman: streams',
    panels: [
      panel('Open', 'short', query('sum by (dialect, carrier) (dragoman_open_streams)', '{{dialect}} {{carrier}}')),
      panel(
        'To the first event',
        's',
        query(quantile(0.5, 'dragoman_first_event_seconds', 'dialect'), 'half of {{dialect}}'),
        query(quantile(0.99, 'dragoman_first_event_seconds', 'dialect'), '99 % of {{dialect}}'),
      ),
      panel('Clients that left', 'reqps', query('sum by (dialect) (rate(dragoman_requests_total{code="client-closed"}[$__rate_interval]))', '{{dialect}}')),
      panel('Turns that wait for earlier ones', 'short', query('dragoman_turns_waiting', '{{instance}}')),
    ],
  },
  backends: {
    title: 'Dragoman: backends',
    panels: [
      panel('Asked', 'reqps', query(perSecond('dragoman_backend_attempts_total', 'backend, code'), '{{backend}} {{code}}')),
      panel('Replies being given', 'short', query('sum by (backend) (dragoman_backend_open)', '{{backend}}')),
      panel(
        'To the first words',
        's',
        query(quantile(0.5, 'dragoman_backend_first_event_seconds', 'backend'), 'half of {{backend}}'),
        query(quantile(0.99, 'dragoman_backend_first_event_seconds', 'backend'), '99 % of {{backend}}'),
      ),
      panel('To the end, 99 %', 's', query(quantile(0.99, 'dragoman_backend_seconds', 'backend'), '{{backend}}')),
      panel('Left alone', 'short', query('max by (backend) (dragoman_breaker_open)', '{{backend}}')),
      panel('Asked again', 'reqps', query(perSecond('dragoman_backend_retries_total', 'backend'), '{{backend}}')),
      panel('Another asked in its place', 'reqps', query(perSecond('dragoman_backend_switches_total', 'backend, to'), '{{backend}} to {{to}}')),
      panel('Not asked', 'reqps', query(perSecond('dragoman_backend_refusals_total', 'backend, reason'), '{{backend}} {{reason}}')),
      panel('Tokens', 'short', query(perSecond('dragoman_tokens_total', 'backend, model, direction'), '{{backend}} {{model}} {{direction}}')),
      panel('Connections', 'short', query('sum by (host, state) (dragoman_upstream_connections)', '{{host}} {{state}}')),
      panel('Certificates end in', 's', query('dragoman_certificate_expiry_timestamp_seconds - time()', '{{backend}}')),
    ],
  },
  limits: {
    title: 'Dragoman: limits',
    panels: [
      panel('Refused by a limit', 'reqps', query(perSecond('dragoman_rate_limited_total', 'dialect, limit'), '{{dialect}} {{limit}}')),
      panel('Too much at once', 'reqps', query(perSecond('dragoman_shed_total', 'reason'), '{{reason}}')),
      panel('Places that are taken', 'percentunit', query('sum by (of) (dragoman_places_taken) / sum by (of) (dragoman_places_bound)', '{{of}}')),
      panel('Limits counted by each process', 'short', query('dragoman_limits_insured', '{{instance}}')),
      panel('Counted so', 'cps', query(perSecond('dragoman_limits_insured_total', 'instance'), '{{instance}}')),
    ],
  },
  store: {
    title: 'Dragoman: store and feed',
    panels: [
      panel('There', 'short', query('dragoman_store_up', '{{instance}}')),
      panel('Asked', 'ops', query(perSecond('dragoman_store_seconds_count', 'operation'), '{{operation}}')),
      panel('What it takes, 99 %', 's', query(quantile(0.99, 'dragoman_store_seconds', 'operation'), '{{operation}}')),
      panel('Free on its disk', 'bytes', query('dragoman_store_free_bytes', '{{instance}}')),
      panel('Followers told late', 'cps', query(perSecond('dragoman_feed_write_failures_total', 'instance'), '{{instance}}')),
      panel('Images without room', 'cps', query(perSecond('dragoman_images_refused_total', 'quota'), '{{quota}}')),
      panel('Images that cannot be removed', 'cps', query(perSecond('dragoman_images_unremoved_total', 'instance'), '{{instance}}')),
    ],
  },
  catalogue: {
    title: 'Dragoman: catalogues',
    panels: [
      panel('Products', 'short', query('max by (catalog) (dragoman_catalog_products)', '{{catalog}}')),
      panel('Rows left out', 'short', query('max by (catalog) (dragoman_catalog_rejected_rows)', '{{catalog}}')),
      panel('Time to load', 's', query('max by (catalog) (dragoman_catalog_load_seconds)', '{{catalog}}')),
      panel('Files not taken', 'cps', query(perSecond('dragoman_catalog_refused_total', 'catalog, reason'), '{{catalog}} {{reason}}')),
      panel('Fields lost between dialects', 'cps', query(perSecond('dragoman_fields_dropped_total', 'from, to'), '{{from}} to {{to}}')),
      panel('Nudges', 'cps', query(perSecond('dragoman_nudge_events_total', 'event'), '{{event}}')),
    ],
  },
  migrations: {
    title: 'Dragoman: migrations',
    panels: [
      panel('Stage', 'short', query('max by (migration, stage) (dragoman_migration_stage)', '{{migration}} {{stage}}')),
      panel('Ready for the next', 'short', query('max by (migration) (dragoman_migration_ready)', '{{migration}}')),
      panel('Turns', 'reqps', query(perSecond('dragoman_migration_turns_total', 'migration, answered_by'), '{{migration}} {{answered_by}}')),
      panel('Compared', 'cps', query(perSecond('dragoman_migration_comparisons_total', 'migration, verdict'), '{{migration}} {{verdict}}')),
      panel('Fields that differ', 'cps', query(perSecond('dragoman_migration_differences_total', 'migration, field'), '{{migration}} {{field}}')),
      panel('Left out of the shadow', 'cps', query(perSecond('dragoman_shadow_skipped_total', 'migration, reason'), '{{migration}} {{reason}}')),
      panel('Not kept of passed turns', 'cps', query(perSecond('dragoman_migration_unkept_total', 'migration, reason'), '{{migration}} {{reason}}')),
      panel('Went back', 'cps', query(perSecond('dragoman_migration_rollbacks_total', 'migration, by'), '{{migration}} {{by}}')),
    ],
  },
};

/** Two panels a row. */
const dashboard = (name, title, panels) => ({
  uid: `dragoman-${name}`,
  title,
  tags: ['dragoman'],
  schemaVersion: 39,
  editable: false,
  time: { from: 'now-6h', to: 'now' },
  refresh: '30s',
  templating: { list: [{ name: 'datasource', label: 'Data', type: 'datasource', query: 'prometheus' }] },
  panels: panels.map(({ title: about, unit, queries }, at) => ({
    id: at + 1,
    title: about,
    type: 'timeseries',
    datasource: { type: 'prometheus', uid: '${datasource}' },
    gridPos: { x: (at % 2) * 12, y: Math.floor(at / 2) * 8, w: 12, h: 8 },
    fieldConfig: { defaults: { unit, min: 0 }, overrides: [] },
    targets: queries.map(({ expr, legend }, index) => ({
      refId: String.fromCharCode(65 + index),
      datasource: { type: 'prometheus', uid: '${datasource}' },
      expr,
      legendFormat: legend,
    })),
  })),
});
