import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject, type SchemaObject } from '@nestjs/swagger';
import { enumDescription } from './openapi-field.ts';
import type { Health } from './service-health.ts';

const DESCRIPTION = [
  'Every operation, field and bound here is derived from the gRPC contracts that the services speak among themselves.',
  'Integers of 64 bits are strings, because JSON numbers lose digits beyond 2^53. Instants are RFC 3339.',
  'Ids are UUIDs in lower case. Whoever creates something makes its id, so that sending it again makes nothing ' +
    'twice: the same id and content answers the same, other content is refused with 409.',
  'Lists take pageSize and pageToken, and name the next page in page.nextPageToken and in the Link header.',
  'Whatever goes wrong is answered as application/problem+json (RFC 9457): what is wrong, and what would help.',
  '[Sign in](/auth/sign-in?return_to=/docs) to try operations on this page as yourself.',
].join('\n\n');

const BEARER = "An access token of the operator's identity provider, or the secret of a project token.";

const COOKIE =
  'What /auth/sign-in leaves in a browser; over HTTPS its name begins with __Host-. Whatever changes ' +
  'something must come from a page of this site and carry the header kontor-csrf, whose value /auth/session tells.';

const HEALTHS: Health[] = ['serving', 'not serving', 'unreachable'];

const HEALTH: SchemaObject = {
  type: 'object',
  required: ['status', 'services'],
  properties: {
    status: { type: 'string', enum: ['ok', 'degraded'] },
    services: { type: 'object', additionalProperties: { type: 'string', enum: HEALTHS } },
  },
};

/** The OpenAPI document of the application's routes. */
export function openApiOf(app: INestApplication): OpenAPIObject {
  const config = new DocumentBuilder()
    .setOpenAPIVersion('3.0.3')
    .setTitle('Kontor')
    .setDescription(DESCRIPTION)
    .setVersion('v1')
    .setLicense('Apache-2.0', 'https://www.apache.org/licenses/LICENSE-2.0')
    .addBearerAuth({ type: 'http', scheme: 'bearer', description: BEARER })
    .addCookieAuth('kontor-session', { type: 'apiKey', in: 'cookie', description: COOKIE })
    .build();
  const document = SwaggerModule.createDocument(app, config);
  const schemas = { ...document.components?.schemas, Health: HEALTH };
  for (const [name, schema] of Object.entries(schemas)) {
    const description = enumDescription(name);
    if (description !== undefined && !('$ref' in schema)) schema.description = description;
  }
  return { ...document, components: { ...document.components, schemas } };
}

/** Swagger UI at /docs and the document at /docs/openapi.json, for everyone: they say what there is, not who has it. */
export const serveDocs = (app: INestApplication, document: OpenAPIObject): void =>
  SwaggerModule.setup('docs', app, document, {
    jsonDocumentUrl: 'docs/openapi.json',
    raw: ['json'],
    customSiteTitle: 'Kontor',
    customCss: '.swagger-ui .topbar { display: none }',
    swaggerOptions: { requestInterceptor: withCsrf },
  });

interface UiRequest {
  method: string;
  headers: Record<string, string>;
}

/** Lets whoever is signed in change things from the page. It runs in the browser and can name nothing of this file. */
async function withCsrf(request: UiRequest): Promise<UiRequest> {
  if (request.method === 'GET') return request;
  const session = await fetch('/auth/session');
  const { csrf } = (await session.json()) as { csrf?: string };
  if (csrf) request.headers['kontor-csrf'] = csrf;
  return request;
}
