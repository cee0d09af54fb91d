import { applyDecorators, Controller, Get, Res } from '@nestjs/common';
import { ApiOperation, ApiProduces, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { Public } from './access.ts';
import { IdentityProvider } from './identity/identity-provider.ts';
import { Metrics } from './metrics.ts';
import { Services } from './services.ts';

const schema = { $ref: '#/components/schemas/Health' };

const ApiHealthReplies = () =>
  applyDecorators(
    ApiResponse({ status: 200, description: 'All of them serve.', schema }),
    ApiResponse({ status: 503, description: 'At least one does not.', schema }),
  );

@ApiTags('Operations')
@Controller()
export class HealthController {
  constructor(
    private readonly services: Services,
    private readonly provider: IdentityProvider,
    private readonly metrics: Metrics,
  ) {}

  @Get('healthz')
  @Public('Supervisors ask without a token, and learn only which service serves.')
  @ApiOperation({ operationId: 'GetHealth', summary: 'Whether the services behind the gateway serve', security: [] })
  @ApiHealthReplies()
  async health(@Res({ passthrough: true }) response: Response) {
    const services = { ...(await this.services.health()), identity: await this.provider.health() };
    const isWhole = Object.values(services).every((state) => state === 'serving');
    response.status(isWhole ? 200 : 503);
    return { status: isWhole ? 'ok' : 'degraded', services };
  }

  @Get('metrics')
  @Public('Prometheus asks without a token; there is nothing about anybody in it.')
  @ApiOperation({ operationId: 'GetMetrics', summary: 'Metrics, as Prometheus reads them', security: [] })
  @ApiProduces('text/plain')
  @ApiResponse({ status: 200, description: 'Prometheus text format.', schema: { type: 'string' } })
  async read(@Res({ passthrough: true }) response: Response): Promise<string> {
    response.type(this.metrics.registry.contentType);
    return this.metrics.registry.metrics();
  }
}
