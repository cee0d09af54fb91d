import { Controller, Get, Redirect } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { Public } from './access.ts';

/** Whoever types the bare address into a browser. */
@ApiExcludeController()
@Controller()
export class FrontPageController {
  @Get()
  @Public('It leads to the documentation, which says what there is and not who has it.')
  @Redirect('/docs', 302)
  open(): void {}
}
