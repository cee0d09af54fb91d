import { toJson } from '@bufbuild/protobuf';
import { CallerSchema, type Caller } from '@kontor/contracts/tenancy/v1/tenancy';
import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { dto } from './dto.ts';

/** The caller as tenancy knows them, and where they are. */
@ApiSchema({ name: 'Me', description: 'The caller, and the operator that they called.' })
export class Me extends dto(CallerSchema) {
  @ApiProperty({ type: 'string', description: 'The operator of this Kontor; its credits are the asset CR:<operator>.' })
  declare operator: string;
}

export const meOf = (caller: Caller, operator: string): Me => ({
  ...(toJson(CallerSchema, caller, { alwaysEmitImplicit: true }) as object),
  operator,
});
