import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { NextFunction, Request, Response } from 'express';
import { collectDefaultMetrics, Histogram, Registry } from 'prom-client';

/** What Prometheus reads: this process, and how long requests take. */
@Injectable()
export class Metrics implements OnApplicationShutdown {
  readonly registry = new Registry();
  readonly #durations = new Histogram({
    name: 'kontor_http_request_duration_seconds',
    help: 'From the head of a request to the end of its reply.',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 30],
    registers: [this.registry],
  });

  constructor() {
    collectDefaultMetrics({ register: this.registry });
  }

  /** Times a request under its route's template: raw paths would make a series for every id. */
  readonly measure = (request: Request, response: Response, next: NextFunction): void => {
    const stop = this.#durations.startTimer();
    response.once('close', () => {
      const route = (request.route as { path?: unknown } | undefined)?.path;
      stop({ method: request.method, route: typeof route === 'string' ? route : 'none', status: response.statusCode });
    });
    next();
  };

  onApplicationShutdown(): void {
    this.registry.clear();
  }
}
