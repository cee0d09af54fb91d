import type { IncomingMessage } from 'node:http';

const LARGEST_FORM_BYTES = 64 * 1024;

/** The fields of a form that a request carries; empty for any other body. Throws where it is too large. */
export async function readForm(request: IncomingMessage): Promise<URLSearchParams> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > LARGEST_FORM_BYTES) throw new Error(`The form is larger than ${LARGEST_FORM_BYTES} bytes.`);
    chunks.push(chunk);
  }
  const isForm = request.headers['content-type']?.startsWith('application/x-www-form-urlencoded') ?? false;
  return new URLSearchParams(isForm ? Buffer.concat(chunks).toString() : '');
}
