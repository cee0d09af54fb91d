/** Whether a host, as in a URL or by itself, is this machine and cannot be another. */
export const isLoopback = (host: string): boolean => /^(127(\.\d{1,3}){3}|\[?::1\]?|localhost)$/.test(host);
