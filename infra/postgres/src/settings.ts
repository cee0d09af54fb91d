/** `full`: a committed transaction survives a power cut. `none`: it may not, for test suites that throw it all away. */
export type Durability = 'full' | 'none';

/**
 * Settings of every cluster, modest because everything else of Kontor runs on the same machine. They are given on the
 * command line at each start, so that an update changes old clusters too.
 */
export function settings(port: number, durability: Durability): string[] {
  const safe = durability === 'full' ? 'on' : 'off';
  const values = {
    listen_addresses: '127.0.0.1',
    port,
    unix_socket_directories: '',
    max_connections: 100,
    password_encryption: 'scram-sha-256',
    shared_buffers: '256MB',
    jit: 'off',
    fsync: safe,
    full_page_writes: safe,
    synchronous_commit: safe,
    cluster_name: 'kontor',
    timezone: 'UTC',
    log_timezone: 'UTC',
    log_line_prefix: '%m [%p] %q%u@%d ',
    log_checkpoints: 'off',
  };
  return Object.entries(values).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}
