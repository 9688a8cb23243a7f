import { Counter, Gauge, type Registry } from 'prom-client';

/** Counts the processes that serve. */
export interface WorkerMetrics {
  serving(count: number): void;
  restarted(): void;
}

export function createWorkerMetrics(registry: Registry): WorkerMetrics {
  const registers = [registry];
  const serving = new Gauge({ name: 'dragoman_workers', help: 'Processes that serve', registers });
  const restarts = new Counter({
    name: 'dragoman_worker_restarts_total',
    help: 'Processes that were started in place of one that had ended',
    registers,
  });
  return { serving: (count) => serving.set(count), restarted: () => restarts.inc() };
}

/** Counts what the modules of backends fail at where nobody waits for it. */
export function createModuleMetrics(registry: Registry): { failed(backend: string): void } {
  const errors = new Counter({
    name: 'dragoman_module_errors_total',
    help: 'Errors of module backends that nobody caught: of timers, and of promises that nobody waits for',
    labelNames: ['backend'],
    registers: [registry],
  });
  return { failed: (backend) => errors.labels(backend).inc() };
}

/** Counts what could not be written of the log: nobody reads there any more, or the disk is full. */
export function createLogMetrics(registry: Registry): { lost(): void } {
  const lost = new Counter({
    name: 'dragoman_log_write_failures_total',
    help: 'Times that the log could not be written; what it would have said is lost, and nothing else',
    registers: [registry],
  });
  return { lost: () => lost.inc() };
}
