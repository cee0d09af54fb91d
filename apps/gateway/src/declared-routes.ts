import { RequestMethod, type INestApplicationContext, type Type } from '@nestjs/common';
import { METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';
import { MetadataScanner, ModulesContainer, Reflector } from '@nestjs/core';
import { Declared } from './access.ts';

/** A route of a controller: `GET /v1/projects/:projectId/jobs`. */
export interface Route {
  method: string;
  path: string;
}

/**
 * Every route of the application.
 *
 * @throws where a route does not declare who may use it, naming each such route
 */
export function declaredRoutes(app: INestApplicationContext): Route[] {
  const reflector = app.get(Reflector);
  const undeclared: string[] = [];
  const routes = controllersOf(app).flatMap((controller) => handlersOf(controller).map(({ name, handler }): Route => {
    const [method, path] = [methodOf(handler), `${pathOf(controller)}${pathOf(handler)}` || '/'];
    if (!reflector.get(Declared, handler)) undeclared.push(`${method} ${path} (${controller.name}.${name})`);
    return { method, path };
  }));
  if (undeclared.length === 0) return routes;
  throw new Error(`These routes do not say who may use them: ${undeclared.join(', ')}. `
    + "Give each @Rpc, @SignedIn or @Public('why').");
}

const controllersOf = (app: INestApplicationContext): Type<object>[] =>
  [...app.get(ModulesContainer).values()].flatMap((module) => [...module.controllers.values()])
    .map(({ metatype }) => metatype as Type<object>);

function handlersOf(controller: Type<object>) {
  const prototype = controller.prototype as Record<string, () => unknown>;
  return new MetadataScanner().getAllMethodNames(prototype)
    .map((name) => ({ name, handler: prototype[name] as () => unknown }))
    .filter(({ handler }) => Reflect.hasMetadata(METHOD_METADATA, handler));
}

const methodOf = (handler: object): string =>
  RequestMethod[Reflect.getMetadata(METHOD_METADATA, handler) as RequestMethod];

function pathOf(target: object): string {
  const path = String(Reflect.getMetadata(PATH_METADATA, target)).replace(/^\/|\/$/g, '');
  return path === '' ? '' : `/${path}`;
}
