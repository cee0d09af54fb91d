import { StartFault } from './start-fault.ts';

const TIMEOUT_MS = 60_000;

/** The public API, as its callers see it. */
export interface Rest {
  get(path: string): Promise<unknown>;
  /** Everything in a list of this name, page after page. */
  all(path: string, name: string): Promise<unknown[]>;
  post(path: string, body: object): Promise<unknown>;
  /** Sends bytes as they are. */
  put(path: string, bytes: Buffer<ArrayBuffer>): Promise<unknown>;
  text(path: string): Promise<string>;
}

/** Throws what the API refuses as StartFault, in the API's own words. */
export function restOf(base: string, token: () => Promise<string>): Rest {
  const call = async (
    method: string,
    path: string,
    type?: string,
    body?: Buffer<ArrayBuffer> | string,
  ): Promise<Response> => {
    const response = await fetch(`${base}${path}`, {
      method,
      headers: { authorization: `Bearer ${await token()}`, ...(type && { 'content-type': type }) },
      signal: AbortSignal.timeout(TIMEOUT_MS),
      ...(body !== undefined && { body }),
    });
    if (!response.ok) throw refused(method, path, response.status, await response.text());
    return response;
  };
  const json = 'application/json';
  const get = async (path: string): Promise<unknown> => (await call('GET', path)).json();
  const all = async (path: string, name: string, pageToken = ''): Promise<unknown[]> => {
    const query = new URLSearchParams({ pageSize: '500', pageToken });
    const reply = (await get(`${path}?${query}`)) as Record<string, unknown[]> & { page: { nextPageToken: string } };
    const { nextPageToken: next } = reply.page;
    return [...(reply[name] ?? []), ...(next === '' ? [] : await all(path, name, next))];
  };
  return {
    get,
    all,
    post: async (path, body) => (await call('POST', path, json, JSON.stringify(body))).json(),
    put: async (path, bytes) => (await call('PUT', path, 'application/octet-stream', bytes)).json(),
    text: async (path) => (await call('GET', path)).text(),
  };
}

function refused(method: string, path: string, status: number, body: string): StartFault {
  try {
    const { detail, help } = JSON.parse(body) as { detail?: string; help?: string };
    if (detail) return new StartFault(detail, help ?? '');
  } catch {
    // Not a problem document: the status says all there is.
  }
  return new StartFault(`${method} ${path} answered ${status}.`, 'Look into the log of the gateway.');
}
