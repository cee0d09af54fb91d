import { readFileSync } from 'node:fs';
import { createFileRegistry, fromBinary, getOption, type DescMethod, type DescService } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { afterAll, describe, expect, it } from '@jest/globals';
import { access } from '@kontor/contracts/rules/v1/rules';
import { testTls } from '@kontor/testing/test-tls';
import type { FactoryProvider } from '@nestjs/common';
import { connect } from './connect.ts';
import type { Contract } from './grpc.ts';
import type { Problem } from './problem.ts';
import { serve } from './serve.ts';

const descriptors = readFileSync(new URL('../../contracts/gen/descriptors.binpb', import.meta.url));
const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, descriptors));
const contracts = [...registry.files].flatMap(({ services }) => services);
const methods = contracts.flatMap((contract) => contract.methods);

const callersOf = (method: DescMethod): string[] => getOption(method, access).services;

/** Whoever some contract names, those that none names, and one that the operator has given no part. */
const certificates = new Set([...methods.flatMap(callersOf), 'tenancy', 'quota', 'engine', 'notary', 'stranger']);

const tls = await testTls([...certificates, 'host']);
const empty = contracts.map(emptyOf);
const served = await serve(
  { name: 'host', module: { module: class {}, providers: empty.map(({ served }) => served) }, rpcs: empty },
  { listen: '127.0.0.1:0', tls: tls.of('host') },
);
afterAll(() => served.close());

describe('the services that a contract names', () => {
  it.each([...certificates])(
    'are the only ones that may call: %s calls every method of every contract',
    async (name) => {
      const wrong = await Promise.all(
        contracts.map(async (contract) => {
          const client = connect(contract as Contract, served.address, tls.of(name), 'host');
          const answers = await Promise.all(contract.methods.map((method) => codeOf(client, method)));
          client.close();
          const isIn = (at: number): boolean => answers[at] !== 'caller_not_allowed';
          return contract.methods.filter((method, at) => isIn(at) !== callersOf(method).includes(name));
        }),
      );
      expect(wrong.flat().map(String)).toEqual([]);
    },
  );

  it('are asked for in every contract there is', () => {
    expect(contracts.length).toBeGreaterThan(7);
    expect(methods.length * certificates.size).toBeGreaterThan(700);
  });
});

/** A contract of which every method answers nothing. */
function emptyOf(contract: DescService) {
  class Empty {}
  const answers = contract.methods.map(({ localName, methodKind }) => [
    localName,
    methodKind === 'server_streaming' || methodKind === 'bidi_streaming' ? nothing : () => Promise.resolve({}),
  ]);
  const served: FactoryProvider = { provide: Empty, useFactory: () => Object.fromEntries(answers) as object };
  return { contract, provider: Empty, served };
}

/** The code of what was wrong; none where the method answered. Whom it is for and what is asked is never said. */
async function codeOf(client: object, { localName, methodKind }: DescMethod): Promise<string | undefined> {
  const call = (client as Record<string, (request: object) => unknown>)[localName]!;
  const isMany = methodKind === 'client_streaming' || methodKind === 'bidi_streaming';
  const reply = call(isMany ? nothing() : {});
  const settled = methodKind === 'server_streaming' || methodKind === 'bidi_streaming' ? drain(reply) : reply;
  return Promise.resolve(settled).then(
    () => undefined,
    (problem: Problem) => problem.code,
  );
}

const drain = (replies: unknown) => Array.fromAsync(replies as AsyncIterable<object>);

async function* nothing(): AsyncGenerator<object> {
  // A stream that ends at once.
}
