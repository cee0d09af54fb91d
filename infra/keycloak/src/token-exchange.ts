import { IncomingMessage } from 'node:http';
import { readForm } from './request-form.ts';

/** Answers the id of the record behind an access token of ours, and nothing for any other text. */
export type RecordOf = (accessToken: string) => Promise<string | undefined>;

/** The paths where the library looks for a token in a form, as generously as it reads paths. */
const TAKES_TOKENS = /\/(introspect|revoke|userinfo)\/?$/i;
/** No record has this id. */
const NO_RECORD = 'none';

/**
 * The library keeps a record of each access token and knows it by the record's id alone; people and programs hold the
 * signed form of it. Here the one takes the place of the other, in the header and in the form of a request, so that
 * user info, introspection and revocation are the library's own. An id that comes in bare is worth nothing.
 */
export async function exchangeTokens(request: IncomingMessage, recordOf: RecordOf): Promise<IncomingMessage> {
  const { authorization = '' } = request.headers;
  const [, bearer] = /^Bearer (.*)$/i.exec(authorization) ?? [];
  if (bearer !== undefined) request.headers.authorization = `Bearer ${(await recordOf(bearer)) ?? NO_RECORD}`;
  const { pathname = '' } = URL.parse(request.url ?? '', 'http://localhost') ?? {};
  if (request.method !== 'POST' || !TAKES_TOKENS.test(pathname)) return request;
  const form = await readForm(request);
  await exchange(form, 'access_token', recordOf);
  // A refresh token has no signed form.
  if (form.get('token')?.includes('.')) await exchange(form, 'token', recordOf);
  return withForm(request, form);
}

async function exchange(form: URLSearchParams, field: string, recordOf: RecordOf): Promise<void> {
  const token = form.get(field);
  if (token !== null) form.set(field, (await recordOf(token)) ?? NO_RECORD);
}

/** A request whose body is read already, as if it came with this one. */
function withForm(request: IncomingMessage, form: URLSearchParams): IncomingMessage {
  const body = Buffer.from(form.toString());
  const again = new IncomingMessage(request.socket);
  again.method = request.method ?? 'POST';
  again.url = request.url ?? '/';
  again.headers = {
    ...request.headers,
    'content-type': 'application/x-www-form-urlencoded',
    'content-length': String(body.length),
  };
  delete again.headers['transfer-encoding'];
  again.httpVersion = request.httpVersion;
  again.complete = true;
  again.push(body);
  again.push(null);
  return again;
}
