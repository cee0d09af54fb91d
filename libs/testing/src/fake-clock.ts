import { Clock } from '@kontor/kit/clock';

/** A clock that stands until a test moves it. */
export class FakeClock extends Clock {
  #now_ms: number;

  constructor(start = new Date('2030-01-01T00:00:00.000Z')) {
    super();
    this.#now_ms = start.getTime();
  }

  now(): Date {
    return new Date(this.#now_ms);
  }

  /** Moves the clock by so many milliseconds, backwards when negative, and answers the new time. */
  advance(ms: number): Date {
    this.#now_ms += ms;
    return this.now();
  }
}
