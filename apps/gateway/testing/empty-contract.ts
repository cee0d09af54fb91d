import type { DescService } from '@bufbuild/protobuf';
import type { FactoryProvider } from '@nestjs/common';

/** A contract of which every method answers nothing: enough where only who may ask is of interest. */
export function emptyContract(contract: DescService) {
  class Empty {}
  const answers = Object.fromEntries(
    contract.methods.map(({ localName, methodKind }) => [
      localName,
      methodKind === 'server_streaming' ? nothing : () => Promise.resolve({}),
    ]),
  );
  const served: FactoryProvider = { provide: Empty, useFactory: () => answers };
  return { rpc: { contract, provider: Empty }, served };
}

async function* nothing(): AsyncGenerator<object> {
  // A stream that ends at once.
}
