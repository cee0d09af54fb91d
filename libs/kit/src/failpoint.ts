const [target, nth = '1'] = (process.env['KONTOR_CRASH_AT'] ?? '').split(':');
let passes = 0;

/**
 * A labelled point between two effects. Fault suites kill the process at the nth pass of the one they name in
 * `KONTOR_CRASH_AT=label[:nth]`; otherwise this does nothing.
 */
export function failpoint(label: string): void {
  if (label === target && ++passes === Number(nth)) process.kill(process.pid, 'SIGKILL');
}
