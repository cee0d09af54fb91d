import { DefaultNamingStrategy, type NamingStrategyInterface } from 'typeorm';

/** `expiresAt` is stored as `expires_at`: what PostgreSQL's people expect, and what needs no quotes in SQL. */
export class SnakeNaming extends DefaultNamingStrategy implements NamingStrategyInterface {
  override columnName(property: string, given: string | undefined, embedded: string[]): string {
    return [...embedded, given ?? property].map(snake).join('_');
  }

  override tableName(className: string, given: string | undefined): string {
    return given ?? snake(className.replace(/Row$/, ''));
  }
}

const snake = (name: string): string =>
  name.replace(/[A-Z]/g, (letter, at: number) => (at > 0 ? '_' : '') + letter.toLowerCase());
