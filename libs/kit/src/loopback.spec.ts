import { describe, expect, it } from '@jest/globals';
import { isLoopback } from './loopback.ts';

describe('a host', () => {
  it.each(['127.0.0.1', '127.1.2.3', 'localhost', '::1', '[::1]'])('such as %s is this machine', (host) => {
    expect(isLoopback(host)).toBe(true);
  });

  const others = ['127.0.0.1.example.org', 'localhost.example.org', '192.0.2.1', '0.0.0.0', '127.0.0.1:80', '::', ''];
  it.each(others)('such as %j may be another', (host) => {
    expect(isLoopback(host)).toBe(false);
  });
});
