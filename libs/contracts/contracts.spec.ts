import { readFileSync } from 'node:fs';
import { createFileRegistry, fromBinary, getOption, ScalarType } from '@bufbuild/protobuf';
import type { DescField, DescMessage } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { getComments } from '@bufbuild/protoplugin';
import { describe, expect, it } from '@jest/globals';
import { access, field as fieldRules } from './gen/kontor/rules/v1/rules_pb.js';

const descriptors = readFileSync(new URL('./gen/descriptors.binpb', import.meta.url));
const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, descriptors));
const files = [...registry.files].filter(({ proto }) => proto.package.startsWith('kontor.'));
const methods = files.flatMap(({ services }) => services).flatMap((service) => service.methods);
const requestFields = [...reachable(methods.map(({ input }) => input))].flatMap(({ fields }) => fields);

describe('the contracts', () => {
  it('are there', () => {
    expect(methods.length).toBeGreaterThan(30);
  });

  it('say of every method who may call it', () => {
    expect(names(methods.filter((method) => getOption(method, access).services.length === 0))).toEqual([]);
  });

  it('say of every service and method what it is for', () => {
    const described = [...files.flatMap(({ services }) => services), ...methods];
    expect(names(described.filter((desc) => !getComments(desc).leading?.trim()))).toEqual([]);
  });

  it('say of every resource what it is; a request is described by its method', () => {
    const resources = files.flatMap(({ messages }) => messages).filter(({ name }) => !/(Request|Response)$/.test(name));
    expect(names(resources.filter((desc) => !getComments(desc).leading?.trim()))).toEqual([]);
  });

  it('take as id of what a caller creates or names only a UUID', () => {
    const ids = requestFields.filter(({ name, scalar }) => scalar === ScalarType.STRING && /^id$|_id$/.test(name));
    expect(ids.length).toBeGreaterThan(0);
    expect(names(ids.filter((desc) => !getOption(desc, fieldRules).uuid))).toEqual([]);
  });

  it('answer every list that can grow in pages; what is not paged is bounded by machines or by its request', () => {
    const lists = methods.filter(({ name, methodKind }) => name.startsWith('List') && methodKind === 'unary');
    const isPaged = (desc: DescMessage, type: string): boolean => desc.field['page']?.message?.typeName === type;
    const unpaged = lists.filter(
      ({ input, output }) =>
        !isPaged(input, 'kontor.resource.v1.PageRequest') || !isPaged(output, 'kontor.resource.v1.PageInfo'),
    );
    expect(lists.length).toBeGreaterThan(15);
    expect(unpaged.map(({ name }) => name).toSorted()).toEqual([
      'ListAcceleratorClasses',
      'ListMissingFiles',
      'ListSites',
      'ListSuspendedProjects',
    ]);
  });

  it('bound every string, bytes, list and map that a caller sends, and every item and key in one', () => {
    expect(names(requestFields.filter((desc) => !isBounded(desc)))).toEqual([]);
  });
});

/** The messages and all they contain, as far as they are ours. */
function reachable(messages: DescMessage[], known = new Set<DescMessage>()): Set<DescMessage> {
  for (const message of messages.filter(({ typeName }) => typeName.startsWith('kontor.'))) {
    if (known.has(message)) continue;
    known.add(message);
    reachable(
      message.fields.flatMap((field) => field.message ?? []),
      known,
    );
  }
  return known;
}

function isBounded(desc: DescField) {
  const { maxSize, itemMaxSize, keyMaxSize, uuid, pattern } = getOption(desc, fieldRules);
  const sameLength = pattern !== '' && !/[*+?]|,\}/.test(pattern);
  const isText = desc.scalar === ScalarType.STRING || desc.scalar === ScalarType.BYTES;
  if (desc.fieldKind === 'map') return maxSize !== undefined && keyMaxSize !== undefined;
  if (desc.fieldKind === 'list') {
    return maxSize !== undefined && (!isText || itemMaxSize !== undefined || uuid || sameLength);
  }
  return !isText || maxSize !== undefined || uuid || sameLength;
}

const names = (found: { toString(): string }[]) => found.map(String);
