/** Milliseconds since 1970 by the wall clock: when something was, for people. What is billed is measured by another. */
export const wallClockMs = (): number => Date.now(); // The wall clock itself: a shim outlives whoever could inject one.
