/** Scripts that keep 200 MiB in no folder, and in no process's own memory. */
export const HIDDEN_MEMORY: [where: string, script: string][] = [
  [
    'a file that has no name',
    `exec perl -e '
      my $call = \`uname -m\` =~ /aarch64/ ? 279 : 319;
      open(my $file, ">&=", syscall($call, my $name = "x", 0)) or die;
      syswrite($file, "x" x 1048576) for 1..200;
      sleep 30'`,
  ],
  [
    'shared memory that no process has attached',
    `exec perl -e '
      my $id = shmget(0, 200 * 1048576, 0600 | 01000) // die;
      shmwrite($id, "x" x 1048576, $_ * 1048576, 1048576) for 0..199;
      sleep 30'`,
  ],
];
