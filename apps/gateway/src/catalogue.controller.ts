import { ComputeService } from '@kontor/contracts/compute/v1/compute';
import { Controller, Get } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Rpc } from './rpc.ts';
import { Services } from './services.ts';

const { listSites, listAcceleratorClasses } = ComputeService.method;

@ApiTags('Catalogue')
@Controller('v1')
export class CatalogueController {
  constructor(private readonly services: Services) {}

  @Get('sites')
  @Rpc(listSites)
  sites() {
    return this.services.compute.listSites({});
  }

  @Get('accelerator-classes')
  @Rpc(listAcceleratorClasses)
  acceleratorClasses() {
    return this.services.compute.listAcceleratorClasses({});
  }
}
