import type { IncomingMessage } from 'node:http';
import type { JsonValue } from '@bufbuild/protobuf';
import { Problem } from '@kontor/kit/problem';
import { arriving } from './body-patience.ts';
import { bodyTooLarge, notJson } from './edge-problem.ts';

export const BODY_BYTES_MAX = 1024 * 1024;

/**
 * The body of a request as JSON.
 *
 * @throws Problem where it is missing, larger than 1 MiB, compressed, of another media type, not UTF-8 or not JSON
 */
export async function jsonBody(request: IncomingMessage): Promise<JsonValue> {
  const declared = Number(request.headers['content-length'] ?? 0);
  if (declared > BODY_BYTES_MAX) throw bodyTooLarge(BODY_BYTES_MAX);
  const bytes = await bytesOf(request);
  if (bytes.length === 0) throw malformed('There is no body.');
  checkMediaType(request);
  return parse(decode(bytes));
}

/** Reads without destroying the connection when there is too much, so that the refusal can still be answered. */
async function bytesOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of arriving(request)) {
    size += chunk.length;
    if (size > BODY_BYTES_MAX) throw bodyTooLarge(BODY_BYTES_MAX);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function checkMediaType({ headers }: IncomingMessage): void {
  const encoding = headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity') throw notJson(`compressed with ${encoding}`);
  const declared = (headers['content-type'] ?? 'of no declared type').toLowerCase();
  const [type, ...parameters] = declared.split(';').map((part) => part.trim());
  if (type !== 'application/json') throw notJson(String(type));
  const charset = parameters.find((parameter) => parameter.startsWith('charset='));
  if (charset !== undefined && !/^charset="?utf-?8"?$/.test(charset)) throw notJson(`in ${charset}`);
}

function decode(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw malformed('The body is not UTF-8.');
  }
}

function parse(text: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue;
  } catch (error) {
    throw malformed(`The body is not JSON: ${(error as Error).message}.`);
  }
}

const malformed = (detail: string) => Problem.invalid('malformed_json', detail, 'Send one JSON object in UTF-8.');
