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
