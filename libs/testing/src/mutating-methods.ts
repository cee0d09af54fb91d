import type { DescService } from '@bufbuild/protobuf';

const READS = /^(get|list|find|explain|read|export|verify)[A-Z]/;

/** Names of the methods of contracts by which something may change: whatever does not say in its name that it reads. */
export const mutatingMethods = (...services: DescService[]): string[] =>
  services.flatMap(({ methods }) => methods.map(({ localName }) => localName)).filter((name) => !READS.test(name));
