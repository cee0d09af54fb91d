import { v5, v7 } from 'uuid';

/** The namespace of every id that Kontor derives. */
const KONTOR = 'b5d1c6a2-6f0e-5b0e-9a57-4b6f6e746f72';

/** A new id for something its caller creates; sorts by time. */
export const uuid7 = (): string => v7();

/** The id of something that follows from other ids and names: the same names always give the same id. */
export const uuid5 = (...names: (string | number | bigint)[]): string => v5(names.join('\n'), KONTOR);
