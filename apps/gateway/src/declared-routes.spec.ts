import { describe, expect, it } from '@jest/globals';
import { TenancyService, type Caller } from '@kontor/contracts/tenancy/v1/tenancy';
import { testTls } from '@kontor/testing/test-tls';
import { Controller, Get, Post, type Type } from '@nestjs/common';
import { configOf, SERVICES } from '../testing/gateway-under-test.ts';
import { Public } from './access.ts';
import { GatewayModule } from './gateway.module.ts';
import { Rpc } from './rpc.ts';
import { startGateway } from './start-gateway.ts';

describe('a route that does not say who may use it', () => {
  it('keeps the gateway from starting, and is named', async () => {
    @Controller('v1/planted')
    class Planted {
      @Get(':id')
      forgotten() {
        return {};
      }

      @Post()
      @Public('It is there to be seen.')
      declared() {
        return {};
      }
    }
    await expect(startWith(Planted)).rejects.toThrow(
      'These routes do not say who may use them: GET /v1/planted/:id (Planted.forgotten). ' +
        "Give each @Rpc, @Known or @Public('why').",
    );
  });

  it('is found in every controller, with every method', async () => {
    @Controller()
    class Planted {
      @Get()
      one() {
        return {};
      }

      @Post('two')
      two() {
        return {};
      }
    }
    await expect(startWith(Planted)).rejects.toThrow('GET / (Planted.one), POST /two (Planted.two)');
  });
});

describe('a route that is answered by an RPC', () => {
  it('which no people may call keeps the gateway from starting, and is named', async () => {
    @Controller('v1/planted')
    class Planted {
      @Get()
      @Rpc(TenancyService.method.resolveCaller)
      resolve(): Promise<Caller> {
        throw new Error('Nobody gets here.');
      }
    }
    await expect(startWith(Planted)).rejects.toThrow(
      'These routes are answered by RPCs that are not open to people: GET /v1/planted (Planted.resolve). ' +
        'Name the people in the option kontor.rules.v1.access of each.',
    );
  });
});

async function startWith(planted: Type<object>): Promise<void> {
  const config = configOf(await testTls(SERVICES));
  const { controllers = [], ...module } = GatewayModule.with(config);
  const gateway = await startGateway(config, { ...module, controllers: [...controllers, planted] });
  await gateway.close();
}
