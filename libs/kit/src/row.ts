import { create, type DescMessage, type Message, type MessageInitShape, type MessageShape } from '@bufbuild/protobuf';
import { timestampFromDate, type Timestamp } from '@bufbuild/protobuf/wkt';
import type { ValueTransformer } from 'typeorm';

type Stored<T> = T extends Timestamp ? Date : T;

/** The columns a table must have to hold message T; `class X implements Row<T>` makes the compiler check it. */
export type Row<T extends Message> = { [K in keyof Omit<T, '$typeName' | '$unknown'>]: Stored<T[K]> };

/** A row as its message: dates become timestamps, nulls are absent, columns the message lacks are left out. */
export function toMessage<D extends DescMessage>(desc: D, row: object): MessageShape<D> {
  const columns = new Map<string, unknown>(Object.entries(row));
  const present = desc.fields
    .map(({ localName }) => [localName, columns.get(localName)] as const)
    .filter(([, value]) => value !== undefined && value !== null)
    .map(([name, value]) => [name, value instanceof Date ? timestampFromDate(value) : value] as const);
  return create(desc, Object.fromEntries(present) as MessageInitShape<D>);
}

/** An int64 column: PostgreSQL's bigint is a string in `pg`, a bigint here, and never a number. */
export const asBigint: ValueTransformer = {
  to: (value?: bigint | null) => value?.toString() ?? value,
  from: (value?: string | null) => (value === null || value === undefined ? value : BigInt(value)),
};
