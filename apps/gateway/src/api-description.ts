import { NestFactory } from '@nestjs/core';
import { GatewayConfig } from './config.ts';
import { GatewayModule } from './gateway.module.ts';
import { openApiOf } from './openapi.ts';

/** The OpenAPI document as text, from the code alone: nothing is configured, connected or started. */
export async function describeApi(): Promise<string> {
  const app = await NestFactory.create(GatewayModule.with(new GatewayConfig()), { preview: true, logger: false });
  return `${JSON.stringify(openApiOf(app), undefined, 2)}\n`;
}
