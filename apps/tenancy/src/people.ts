import { Problem } from '@kontor/kit/problem';
import { In, type EntityManager } from 'typeorm';
import { PersonRow } from './tables.ts';

/** How the journal names a person, for there ids would say who it was. */
export async function referenceOf(tx: EntityManager, personId: string): Promise<string> {
  const { reference } = await tx.findOneOrFail(PersonRow, { where: { id: personId }, select: { reference: true } });
  return reference;
}

/** Names and addresses of some members, by their persons' ids. */
export async function namesOf(
  tx: EntityManager,
  members: { personId: string }[],
): Promise<Map<string, Pick<PersonRow, 'name' | 'email'>>> {
  const id = In(members.map(({ personId }) => personId));
  const people = await tx.find(PersonRow, { where: { id }, select: { id: true, name: true, email: true } });
  return new Map(people.map((person) => [person.id, person]));
}

/** Names of those whom journals name so, where they were not erased. */
export async function namesBehind(tx: EntityManager, references: string[]): Promise<Map<string, string>> {
  const where = { reference: In(references) };
  const people = await tx.find(PersonRow, { where, select: { reference: true, name: true } });
  return new Map(people.map(({ reference, name }) => [reference, name]));
}

/**
 * A person who stays one until the transaction ends: whoever wants to erase them waits.
 *
 * @throws Problem not_a_person, for whoever was erased since they signed in
 */
export async function keepPerson(tx: EntityManager, id: string): Promise<PersonRow> {
  const person = await tx.findOne(PersonRow, { where: { id }, lock: { mode: 'pessimistic_read' } });
  if (!person) throw Problem.forbidden('not_a_person', 'This takes a person who has signed in.', 'Sign in again.');
  return person;
}
