export const INT64_MAX = 2n ** 63n - 1n;
export const INT64_MIN = -(2n ** 63n);

/** Whether a quantity fits the 64 bits that the contract and the database give it. */
export const fitsInt64 = (value: bigint): boolean => value <= INT64_MAX && value >= INT64_MIN;
