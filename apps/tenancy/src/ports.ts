import type { Clock } from '@kontor/kit/clock';
import type { DataSource } from 'typeorm';

/** What the service needs of the world; also the token by which Nest hands it around. */
export abstract class Ports {
  abstract readonly db: DataSource;
  abstract readonly clock: Clock;
  /** Slug of the operator, whose own tenant has the same. */
  abstract readonly operator: string;
}
