import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import {
  fromBinary,
  type DescEnum,
  type DescEnumValue,
  type DescField,
  type DescMessage,
  type DescMethod,
} from '@bufbuild/protobuf';
import {
  FileDescriptorSetSchema,
  type DescriptorProto,
  type EnumDescriptorProto,
  type FileDescriptorProto,
} from '@bufbuild/protobuf/wkt';

/** Field numbers in descriptor.proto, of which the paths of source locations are made. */
const IN_FILE = { message: 4, enum: 5, service: 6 };
const IN_MESSAGE = { field: 2, message: 3, enum: 4 };
const IN_ENUM = { value: 2 };
const IN_SERVICE = { method: 2 };

type Note = (path: number[], name: string) => void;

function noteMessage(message: DescriptorProto, path: number[], name: string, note: Note): void {
  note(path, name);
  const { field: fields, nestedType: messages, enumType: enums } = message;
  fields.forEach((field, i) => note([...path, IN_MESSAGE.field, i], `${name}.${field.name}`));
  messages.forEach((inner, i) => noteMessage(inner, [...path, IN_MESSAGE.message, i], `${name}.${inner.name}`, note));
  enums.forEach((inner, i) => noteEnum(inner, [...path, IN_MESSAGE.enum, i], `${name}.${inner.name}`, note));
}

function noteEnum({ value: values }: EnumDescriptorProto, path: number[], name: string, note: Note): void {
  note(path, name);
  values.forEach((value, i) => note([...path, IN_ENUM.value, i], `${name}.${value.name}`));
}

/** Comments of one file, by the full name of what they stand above. */
function commentsOf(file: FileDescriptorProto): [string, string][] {
  const locations = file.sourceCodeInfo?.location ?? [];
  const byPath = new Map(locations.map(({ path, leadingComments }) => [path.join(), leadingComments]));
  const found: [string, string][] = [];
  const note: Note = (path, name) => {
    const comment = byPath.get(path.join());
    if (comment) found.push([name, prose(comment)]);
  };
  const { package: home, messageType: messages, enumType: enums, service: services } = file;
  messages.forEach((message, i) => noteMessage(message, [IN_FILE.message, i], `${home}.${message.name}`, note));
  enums.forEach((desc, i) => noteEnum(desc, [IN_FILE.enum, i], `${home}.${desc.name}`, note));
  services.forEach((service, i) =>
    service.method.forEach((method, j) =>
      note([IN_FILE.service, i, IN_SERVICE.method, j], `${home}.${service.name}.${method.name}`),
    ),
  );
  return found;
}

/** Lines joined into sentences; an empty line stays a new paragraph. */
const prose = (comment: string): string =>
  comment
    .split(/\n\s*\n/)
    .map((part) => part.replace(/\s+/g, ' ').trim())
    .filter(Boolean)
    .join('\n\n');

/** Generated code carries no comments at run time, but buf's own description of the contracts does. */
const descriptors = createRequire(import.meta.url).resolve('@kontor/contracts/descriptors');
const comments = new Map(fromBinary(FileDescriptorSetSchema, readFileSync(descriptors)).file.flatMap(commentsOf));

/** What the contract says about a message, field, enum, value or method; empty where it says nothing. */
export function commentOf(desc: DescMessage | DescField | DescEnum | DescEnumValue | DescMethod): string {
  const hasOwnName = desc.kind === 'message' || desc.kind === 'enum';
  return comments.get(hasOwnName ? desc.typeName : `${desc.parent?.typeName}.${desc.name}`) ?? '';
}
