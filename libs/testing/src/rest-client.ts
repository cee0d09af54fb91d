import type { JsonValue } from '@bufbuild/protobuf';
import { everyPage } from '@kontor/kit/every-page';

/** An answer of the public API: whatever its status, because refusals are answers too. */
export interface RestAnswer {
  status: number;
  /** Parsed where it is JSON, else text. */
  body: JsonValue;
  headers: Headers;
}

export interface RestClient {
  get(path: string): Promise<RestAnswer>;
  /** Everything in a list of this name, page after page; throws where it is refused. */
  all(path: string, name: string): Promise<JsonValue[]>;
  post(path: string, body?: object): Promise<RestAnswer>;
  /** As `post`, and throws where it is refused. */
  done(path: string, body?: object): Promise<JsonValue>;
  /** Sends bytes. */
  put(path: string, bytes: Uint8Array<ArrayBuffer>): Promise<RestAnswer>;
  /** The body as it is. */
  bytes(path: string): Promise<Buffer>;
}

const TIMEOUT_MS = 30_000;

/** Calls an operator's public API as anyone could: HTTP and a token. Paths begin at `/v1`. */
export function restClient(url: string, token: () => Promise<string>): RestClient {
  const call = async (method: string, path: string, type?: string, body?: string | Uint8Array<ArrayBuffer>) =>
    fetch(`${url}${path}`, {
      method,
      headers: { authorization: `Bearer ${await token()}`, ...(type && { 'content-type': type }) },
      signal: AbortSignal.timeout(TIMEOUT_MS),
      ...(body !== undefined && { body }),
    });
  const answer = async (response: Response): Promise<RestAnswer> => {
    const text = await response.text();
    const isJson = /[/+]json/.test(response.headers.get('content-type') ?? '');
    return {
      status: response.status,
      body: isJson ? (JSON.parse(text) as JsonValue) : text,
      headers: response.headers,
    };
  };
  const post = async (path: string, body: object = {}) =>
    answer(await call('POST', path, 'application/json', JSON.stringify(body)));
  const get = async (path: string) => answer(await call('GET', path));
  const all = async (path: string, name: string): Promise<JsonValue[]> => {
    type List = Record<string, JsonValue[]> & { page: { nextPageToken: string } };
    return everyPage(
      async (page) => {
        const query = new URLSearchParams({ pageSize: String(page.pageSize), pageToken: page.pageToken });
        const { status, body } = await get(`${path}?${query}`);
        if (status !== 200) throw new Error(`GET ${path} was answered ${status}: ${JSON.stringify(body)}`);
        return body as List;
      },
      (reply) => reply[name] ?? [],
    );
  };
  return {
    post,
    get,
    all,
    done: async (path, body) => {
      const { status, body: reply } = await post(path, body);
      if (status < 300) return reply;
      throw new Error(`POST ${path} was answered ${status}: ${JSON.stringify(reply)}`);
    },
    put: async (path, bytes) => answer(await call('PUT', path, 'application/octet-stream', bytes)),
    bytes: async (path) => Buffer.from(await (await call('GET', path)).arrayBuffer()),
  };
}
