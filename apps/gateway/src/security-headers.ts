import type { NextFunction, Request, Response } from 'express';

/** Replies are data: a browser that is shown one must not run, frame, guess or keep it. */
const API = "default-src 'none'; frame-ancestors 'none'";

/** Swagger UI brings its own scripts, and styles in its page. */
const DOCS =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; script-src 'self' 'unsafe-inline'; " +
  "img-src 'self' data:; frame-ancestors 'none'";

export function secureHeaders({ path }: Request, response: Response, next: NextFunction): void {
  const isDocs = path === '/docs' || path.startsWith('/docs/');
  response.set({
    'Content-Security-Policy': isDocs ? DOCS : API,
    'X-Content-Type-Options': 'nosniff',
    'X-Frame-Options': 'DENY',
    'Referrer-Policy': 'no-referrer',
    'Cross-Origin-Resource-Policy': 'same-origin',
    ...(!isDocs && { 'Cache-Control': 'no-store' }),
  });
  next();
}
