/** Most answers that are remembered; then all are forgotten, which costs less than keeping track of which were used. */
const SIZE_MAX = 20_000;

/** Remembers what a pure function answered. */
export function memo<A extends unknown[], R>(key: (...args: A) => string, compute: (...args: A) => R) {
  const known = new Map<string, R>();
  return (...args: A): R => {
    const name = key(...args);
    const remembered = known.get(name);
    if (remembered !== undefined) return remembered;
    const fresh = compute(...args);
    if (known.size >= SIZE_MAX) known.clear();
    known.set(name, fresh);
    return fresh;
  };
}
