/**
 * First to go when memory is short, and a member of the job's control groups; then what follows.
 * Environment: GROUPS_TO_JOIN, files that take process numbers.
 */
export const ENTER_GROUPS = `
echo 1000 > /proc/self/oom_score_adj
for group in $GROUPS_TO_JOIN; do echo $$ > "$group"; done
exec "$@"
`;

/**
 * Last step before the program, already as its user and inside its sandbox. Arguments: working folder, search path,
 * program and its arguments. Standard input: the environment as a script, so that no other user sees it in a list of
 * processes. Says on descriptor 3 `started` or why nothing was, and closes it before anything of the job runs.
 */
export const RUN_PROGRAM = `
set -f
if ! cd "$1"; then echo 'The working folder cannot be entered.' >&3; exit 125; fi
search=$2
shift 2
case $1 in
  */*) found=$1 ;;
  *) IFS=:
    for folder in $search; do found=$folder/$1; if [ -f "$found" ] && [ -x "$found" ]; then break; fi; done
    unset IFS ;;
esac
if ! [ -f "$found" ]; then echo "There is no program $1." >&3; exit 127; fi
if ! [ -x "$found" ]; then echo "$1 is not executable." >&3; exit 126; fi
environment=$(cat)
echo started >&3
exec 3>&- < /dev/null
set +f
unset search found folder GROUPS_TO_JOIN
eval "unset environment PWD OLDPWD
$environment"
exec "$@"
`;

/** An environment as a script for a POSIX shell. Names must be valid in a shell. */
export const environmentScript = (environment: Record<string, string>): string =>
  Object.entries(environment)
    .map(([name, value]) => `export ${name}='${value.replaceAll(`'`, `'\\''`)}'\n`)
    .join('');
