import { RequestMethod, type INestApplicationContext, type Type } from '@nestjs/common';
import { METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';
import { MetadataScanner, ModulesContainer, Reflector } from '@nestjs/core';
import { Declared, type Access } from './access.ts';

/** A route of a controller: `GET /v1/projects/:projectId/jobs`. */
export interface Route {
  method: string;
  path: string;
  access: Access;
}

/**
 * Every route of the application.
 *
 * @throws where a route does not declare who may use it, or is answered by an RPC that is not open to people, naming
 * each such route
 */
export function declaredRoutes(app: INestApplicationContext): Route[] {
  const routes = controllersOf(app).flatMap((controller) => routesOf(controller, app.get(Reflector)));
  const silent = routes.filter(({ access }) => access === undefined);
  if (silent.length > 0) {
    throw new Error(
      `These routes do not say who may use them: ${named(silent)}. ` + "Give each @Rpc, @Known or @Public('why').",
    );
  }
  const closed = routes.filter(({ access }) => access?.who === 'people' && access.people.length === 0);
  if (closed.length > 0) {
    throw new Error(
      `These routes are answered by RPCs that are not open to people: ${named(closed)}. ` +
        'Name the people in the option kontor.rules.v1.access of each.',
    );
  }
  return routes.flatMap(({ method, path, access }) => (access ? [{ method, path, access }] : []));
}

const routesOf = (controller: Type<object>, reflector: Reflector) =>
  handlersOf(controller).map(({ name, handler }) => ({
    method: methodOf(handler),
    path: `${pathOf(controller)}${pathOf(handler)}` || '/',
    access: reflector.get(Declared, handler) as Access | undefined,
    place: `${controller.name}.${name}`,
  }));

const named = (routes: { method: string; path: string; place: string }[]): string =>
  routes.map(({ method, path, place }) => `${method} ${path} (${place})`).join(', ');

const controllersOf = (app: INestApplicationContext): Type<object>[] =>
  [...app.get(ModulesContainer).values()]
    .flatMap((module) => [...module.controllers.values()])
    .map(({ metatype }) => metatype as Type<object>);

function handlersOf(controller: Type<object>) {
  const prototype = controller.prototype as Record<string, () => unknown>;
  return new MetadataScanner()
    .getAllMethodNames(prototype)
    .map((name) => ({ name, handler: prototype[name] as () => unknown }))
    .filter(({ handler }) => Reflect.hasMetadata(METHOD_METADATA, handler));
}

const methodOf = (handler: object): string =>
  RequestMethod[Reflect.getMetadata(METHOD_METADATA, handler) as RequestMethod];

function pathOf(target: object): string {
  const path = String(Reflect.getMetadata(PATH_METADATA, target)).replace(/^\/|\/$/g, '');
  return path === '' ? '' : `/${path}`;
}
