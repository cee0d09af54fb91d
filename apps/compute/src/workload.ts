/** What a shell, and so every program, can name an environment variable. */
export const isVariableName = (name: string): boolean => /^[A-Za-z_][A-Za-z0-9_]*$/.test(name);

/** The first path that is there twice, or is also a folder of another. */
export function clashOf(paths: string[]): string | undefined {
  const seen = new Set(paths);
  return paths.find(
    (path, at) =>
      paths.indexOf(path) !== at ||
      path.split('/').some((_, depth, parts) => depth > 0 && seen.has(parts.slice(0, depth).join('/'))),
  );
}
