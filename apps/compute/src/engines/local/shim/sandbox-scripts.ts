/**
 * Builds a root in a mount namespace of its own, enters it, and stays as the first process of the job's process
 * namespace until standard input ends; with it everything in the namespace ends, which the kernel guarantees. Signals
 * from inside cannot reach it, and because it ignores SIGCHLD the kernel itself buries orphans.
 *
 * Environment: ROOT empty folder; WORK the job's folder; HIDDEN folder to hide; NODE binary; USER_ID; SCRATCH_BYTES of
 * /tmp, SHARED_BYTES of /dev/shm. Arguments: device nodes. Prints `ready` and its own number outside the namespace.
 */
export const HOLD_SANDBOX = `
set -eu
umask 022
read -r number _ < /proc/self/stat
mount --make-rprivate /
mount -t tmpfs -o mode=755,size=8m,nosuid root "$ROOT"
cd "$ROOT"
mkdir -p job tmp proc sys dev/shm etc opt/kontor/bin

# Makes an empty folder or file for a mount.
place() {
  if [ -d "$1" ]; then folder=.$1; else folder=.\${1%/*}; fi
  if ! [ -d "$folder" ]; then mkdir -p "$folder"; fi
  if ! [ -d "$1" ]; then : > ".$1"; fi
}
# Shows one thing of the machine, read-only, under its own name.
show() {
  if [ -L "$1" ]; then cp -P "$1" ".$1"; return; fi
  if ! [ -e "$1" ]; then return 0; fi
  place "$1"
  mount --rbind -o ro,nosuid,nodev "$1" ".$1"
}
for path in /usr /bin /sbin /lib /lib32 /lib64 /libx32 /opt/rocm /etc/alternatives /etc/ld.so.cache \\
  /etc/nsswitch.conf /etc/localtime /etc/ssl /etc/pki /etc/ca-certificates /etc/crypto-policies /etc/protocols \\
  /etc/services /etc/mime.types /etc/os-release /etc/OpenCL; do show "$path"; done
: > opt/kontor/bin/node
mount --bind -o ro,nosuid,nodev "$NODE" opt/kontor/bin/node
if [ -d ".$HIDDEN" ]; then mount -t tmpfs -o ro,size=4k hidden ".$HIDDEN"; fi

echo "job:x:$USER_ID:$USER_ID::/job:/bin/sh" > etc/passwd
echo 'root:x:0:0::/:/bin/sh' >> etc/passwd
echo "job:x:$USER_ID:" > etc/group
echo 'root:x:0:' >> etc/group
echo '127.0.0.1 localhost job' > etc/hosts

mount -t proc -o nosuid,nodev,noexec proc proc
mount -t sysfs -o ro,nosuid,nodev,noexec sysfs sys 2>/dev/null || :
for device in /dev/null /dev/zero /dev/full /dev/random /dev/urandom "$@"; do
  place "$device"
  mount --bind "$device" ".$device"
done
ln -s /proc/self/fd dev/fd
ln -s /proc/self/fd/0 dev/stdin
ln -s /proc/self/fd/1 dev/stdout
ln -s /proc/self/fd/2 dev/stderr
mount -t tmpfs -o mode=1777,nosuid,nodev,size="$SHARED_BYTES" shared dev/shm
mount -t tmpfs -o mode=1777,nosuid,nodev,size="$SCRATCH_BYTES" scratch tmp
mount --bind -o nosuid,nodev "$WORK" job

{ ip link set lo up; echo job > /proc/sys/kernel/hostname; } 2>/dev/null || :
pivot_root . .
umount -l .
mount -o remount,bind,ro /
echo "ready $number"
exec env -i --ignore-signal=CHLD cat > /dev/null
`;
