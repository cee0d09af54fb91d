import { request, type IncomingHttpHeaders, type RequestOptions } from 'node:http';

export interface Reply {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
  /** The body as JSON; undefined where it is none. */
  json: unknown;
}

export interface Ask extends RequestOptions {
  body?: unknown;
  /** Bytes as they are, in place of a JSON body. */
  raw?: Buffer | string;
  /** The bearer token; false for none. */
  token?: string | false;
}

/** One request by plain node:http, because fetch would tidy up what a careless client can send. */
export function send(url: string, method: string, ask: Ask): Promise<Reply> {
  const { body, raw, token, headers, ...options } = ask;
  const payload = raw ?? (body === undefined ? undefined : JSON.stringify(body));
  const isChunked = headers !== undefined && 'transfer-encoding' in headers;
  const given = {
    ...(token !== false && { authorization: `Bearer ${token}` }),
    ...(payload !== undefined && { 'content-type': 'application/json' }),
    ...(payload !== undefined && !isChunked && { 'content-length': Buffer.byteLength(payload) }),
    ...(headers as Record<string, string>),
  };
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    const path = url.slice(url.indexOf('/', 'http://'.length));
    const target = { hostname, port, path, method, agent: false, ...options, headers: given };
    const outgoing = request(target, (incoming) => {
      const chunks: Buffer[] = [];
      incoming
        .on('data', (chunk: Buffer) => chunks.push(chunk))
        .on('error', reject)
        .on('end', () => {
          const text = Buffer.concat(chunks).toString();
          resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, text, json: jsonOf(text) });
        });
    });
    outgoing.on('error', reject).end(payload);
  });
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
