/** Where the time comes from. It is injected, and passed into SQL as a parameter. */
export abstract class Clock {
  /** The instant now, as people date it; may step. */
  abstract now(): Date;
}

export class SystemClock extends Clock {
  now(): Date {
    return new Date();
  }
}
