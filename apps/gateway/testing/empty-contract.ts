import type { DescService } from '@bufbuild/protobuf';
import type { FactoryProvider } from '@nestjs/common';

/** A contract of which every method answers an empty message: enough where only who may ask is of interest. */
export function emptyContract(contract: DescService) {
  class Empty {}
  const answers = Object.fromEntries(contract.methods.map(({ localName }) => [localName, () => Promise.resolve({})]));
  const served: FactoryProvider = { provide: Empty, useFactory: () => answers };
  return { rpc: { contract, provider: Empty }, served };
}
