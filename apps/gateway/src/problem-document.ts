import { ViolationSchema } from '@kontor/contracts/problem/v1/problem';
import { applyDecorators } from '@nestjs/common';
import { ApiExtraModels, ApiProperty, ApiResponse, ApiSchema, getSchemaPath } from '@nestjs/swagger';
import { dto } from './dto.ts';

/** How every refusal and every failure reads: RFC 9457, with what would help. */
@ApiSchema({ name: 'Problem', description: 'RFC 9457: what is wrong, and what would help.' })
export class ProblemDocument {
  @ApiProperty({ type: 'string', description: 'urn:kontor:problem: and the code.' })
  declare type: string;

  @ApiProperty({ type: 'string', description: 'The kind of problem in two or three words.' })
  declare title: string;

  @ApiProperty({ type: 'integer', description: 'The HTTP status.' })
  declare status: number;

  @ApiProperty({ type: 'string', description: 'One sentence: what is wrong.' })
  declare detail: string;

  @ApiProperty({ type: 'string', description: 'Stable, machine-readable reason in snake_case.' })
  declare code: string;

  @ApiProperty({ type: 'string', required: false, description: 'One sentence: what would help.' })
  declare help?: string;

  @ApiProperty({ type: () => dto(ViolationSchema), isArray: true, required: false, description: 'Fields at fault.' })
  declare violations?: object[];

  @ApiProperty({ type: 'string', description: 'urn:kontor:request: and the id that X-Request-Id returns.' })
  declare instance: string;
}

const content = { 'application/problem+json': { schema: { $ref: getSchemaPath(ProblemDocument) } } };

const refusal = (status: number | 'default', description: string) => ApiResponse({ status, description, content });

/** The problems that any route behind the guard can answer. */
export const ApiProblems = () =>
  applyDecorators(
    ApiExtraModels(ProblemDocument),
    refusal(400, 'The request is malformed; violations name the fields.'),
    refusal(401, 'Nobody is signed in, or no longer.'),
    refusal(403, 'The caller may see it, and may not do this.'),
    refusal(404, 'It does not exist, or the caller may not know that it does.'),
    refusal(503, 'A part of the system is not reachable: try again in a moment.'),
    refusal('default', 'Any other problem.'),
  );
