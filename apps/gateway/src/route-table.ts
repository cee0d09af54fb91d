import type { Route } from './declared-routes.ts';

/** Which methods a path answers: what tells "not found" from "not allowed". */
export class RouteTable {
  readonly #routes: { method: string; pattern: RegExp }[];

  constructor(routes: Route[]) {
    this.#routes = routes.map(({ method, path }) => ({ method, pattern: patternOf(path) }));
  }

  methodsOf(path: string): string[] {
    const methods = this.#routes.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method);
    return methods.includes('GET') ? [...methods, 'HEAD'] : methods;
  }
}

/** `/jobs/:jobId/outputs/*path` as a regular expression. */
const patternOf = (path: string): RegExp =>
  new RegExp(`^${path.replaceAll('.', '\\.').replace(/:\w+/g, '[^/]+').replace(/\*\w+/g, '.+')}/?$`, 'i');
