import { expect, it } from '@jest/globals';
import type { Bench } from './bench.ts';

const CONNECT = `
  const others = Object.keys(require('os').networkInterfaces()).filter((name) => name !== 'lo');
  console.log(others.length, 'interfaces');
  require('net').connect(22, '127.0.0.1')
    .on('error', ({ code }) => console.log(code)).on('connect', () => console.log('reached'));
`;
/** What only others have: users, services, disks, the kernel's log, the scratch and working files of another job. */
const NOT_ITS_OWN = '/root /home /srv /var /tmp/* /dev/sd* /dev/vd* /dev/kmsg /job/*';
const WRITABLE = '/job/x /tmp/x /dev/shm/x';
const READ_ONLY = '/x /usr/x /etc/x /bin/x /opt/x /dev/x /sys/x /proc/sys/kernel/hostname';

export function isolationCases(bench: Bench): void {
  it('gives a job no network, not even to this machine', async () => {
    const { stdout } = await bench.run(`node -e "${CONNECT}";
      tail -n +3 /proc/net/dev | grep -v lo: | grep -c : || true`);
    expect(stdout).toMatch(/^0 interfaces\n(ECONNREFUSED|ENETUNREACH)\n0\n$/);
  });

  it('shows a job no process but its own', async () => {
    const other = await bench.script('echo ready; sleep 30');
    await bench.prints(other, 'ready');
    const { stdout } = await bench.run('for p in /proc/[0-9]*; do tr "\\0" " " < $p/cmdline; echo; done');
    expect(stdout).not.toMatch(/sleep 30|jest|shim/);
    await bench.engine.stop({ jobId: other });
    await bench.ended(other);
  });

  it('shows a job nothing of other jobs, of Kontor or of its users', async () => {
    const marker = `marker-${Date.now()}`;
    const other = await bench.script(`echo ${marker} > note; echo ${marker} > /tmp/note; echo ready; sleep 30`);
    await bench.prints(other, 'ready');
    const { stdout } = await bench.run(
      `ls -d ${NOT_ITS_OWN} 2>/dev/null; grep -rl ${marker} /tmp /job /opt 2>/dev/null`,
    );
    expect(stdout).toBe('');
    await bench.engine.stop({ jobId: other });
    await bench.ended(other);
  });

  it('lets a job write into its folder and scratch space alone', async () => {
    const { stdout } = await bench.run(
      `for f in ${READ_ONLY} ${WRITABLE}; do (echo x > $f) 2>/dev/null && echo $f; done`,
    );
    expect(stdout.trim().split('\n').join(' ')).toBe(WRITABLE);
  });

  it('gives a job no way to gain rights', async () => {
    const { stdout } = await bench.run(
      'grep -E "^(CapEff|CapBnd|NoNewPrivs)" /proc/self/status; mount -t tmpfs x /tmp 2>/dev/null || echo no mount;' +
        ' kill -9 1; cat /proc/1/comm',
    );
    expect(stdout).toMatch(/^CapEff:\t0+\nCapBnd:\t0+\nNoNewPrivs:\t1\nno mount\n\S+\n$/);
  });
}
