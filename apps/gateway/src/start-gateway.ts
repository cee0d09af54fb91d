import type { Server } from 'node:http';
import { Clock } from '@kontor/kit/clock';
import { logger } from '@kontor/kit/log';
import { nestLogger } from '@kontor/kit/nest-logger';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { boundSlowness, cutUnread } from './body-patience.ts';
import { answerClientError } from './client-error.ts';
import type { GatewayConfig } from './config.ts';
import { declaredRoutes, type Route } from './declared-routes.ts';
import { GatewayModule } from './gateway.module.ts';
import { Metrics } from './metrics.ts';
import { openApiOf, serveDocs } from './openapi.ts';
import { ProblemFilter } from './problem-filter.ts';
import { answerWithin } from './request-call.ts';
import { nameRequest } from './request-id.ts';
import { logRequests } from './request-log.ts';
import { RouteTable } from './route-table.ts';
import { secureHeaders } from './security-headers.ts';

/** How long requests in progress may take to end: longer than one call to a service may. What lasts longer is cut. */
const STOP_MS_MAX = 6_000;

export interface Gateway {
  /** Such as http://127.0.0.1:7800. */
  url: string;
  /** What it answers, by method and path. */
  routes: Route[];
  /** Ends within ten seconds: requests in progress finish, then connections are cut. */
  close(): Promise<void>;
}

/**
 * Starts the gateway.
 *
 * @throws where the address is taken, or where a route does not declare who may use it
 */
export async function startGateway(
  config: GatewayConfig,
  module = GatewayModule.with(config),
  log = logger('gateway'),
): Promise<Gateway> {
  const options = { logger: nestLogger(log), bodyParser: false, abortOnError: false };
  const app = await NestFactory.create<NestExpressApplication>(module, options);
  try {
    const routes = declaredRoutes(app);
    app.disable('x-powered-by').disable('etag');
    const measure = app.get(Metrics).measure;
    app.use(nameRequest, secureHeaders, logRequests(log), measure, cutUnread(), answerWithin(app.get(Clock)));
    app.useGlobalFilters(new ProblemFilter(log, new RouteTable(routes)));
    serveDocs(app, openApiOf(app));
    const server = app.getHttpServer() as Server;
    server.on('clientError', answerClientError);
    boundSlowness(server);
    await app.listen(...hostAndPort(config.listen));
    const url = await app.getUrl();
    log.info({ address: url }, 'serving');
    let stopped: Promise<void> | undefined;
    return { url, routes, close: () => (stopped ??= stop(app, server)) };
  } catch (error) {
    await app.close();
    throw error;
  }
}

function hostAndPort(listen: string): [port: number, host: string] {
  const colon = listen.lastIndexOf(':');
  return [Number(listen.slice(colon + 1)), listen.slice(0, colon)];
}

async function stop(app: NestExpressApplication, server: Server): Promise<void> {
  const cut = setTimeout(() => server.closeAllConnections(), STOP_MS_MAX);
  await app.close();
  clearTimeout(cut);
}
