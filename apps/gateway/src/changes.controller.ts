import {
  AgreeToChangeRequestSchema,
  ChangeService,
  ListChangesRequestSchema,
  ProposeChangeRequestSchema,
  RejectChangeRequestSchema,
  type AgreeToChangeRequest,
  type ListChangesRequest,
  type ProposeChangeRequest,
  type RejectChangeRequest,
} from '@kontor/contracts/quota/v1/change';
import type { ProjectRef } from '@kontor/contracts/resource/v1/resource';
import { Controller, Get, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { MessagePart, PagedQuery } from './parameters.ts';
import { ChangeId, InProject } from './path-parameters.ts';
import { Rpc } from './rpc.ts';
import { Services } from './services.ts';

const { proposeChange, agreeToChange, rejectChange, getChange, listChanges } = ChangeService.method;
const { state } = ListChangesRequestSchema.field;

/** What takes two persons. An award is proposed and agreed to under its project, whose people may do neither. */
@ApiTags('Changes by two persons')
@Controller('v1')
export class ChangesController {
  constructor(private readonly services: Services) {}

  @Post('changes')
  @Rpc(proposeChange, { status: 201 })
  propose(@MessagePart(ProposeChangeRequestSchema, ['id', 'matter', 'reason']) change: ProposeChangeRequest) {
    return this.services.changes.proposeChange(change);
  }

  @Post('projects/:projectId/changes')
  @Rpc(proposeChange, { status: 201, as: 'ProposeProjectChange' })
  proposeForProject(
    @InProject() project: ProjectRef,
    @MessagePart(ProposeChangeRequestSchema, ['id', 'matter', 'reason']) change: ProposeChangeRequest,
  ) {
    return this.services.changes.proposeChange({ ...change, project: project });
  }

  @Get('changes')
  @Rpc(listChanges)
  list(@PagedQuery(ListChangesRequestSchema, [state]) asked: ListChangesRequest) {
    return this.services.changes.listChanges(asked);
  }

  @Get('changes/:changeId')
  @Rpc(getChange)
  get(@ChangeId() id: string) {
    return this.services.changes.getChange({ id });
  }

  @Post('changes/:changeId/agree')
  @Rpc(agreeToChange)
  agree(@ChangeId() id: string, @MessagePart(AgreeToChangeRequestSchema, ['reason']) { reason }: AgreeToChangeRequest) {
    return this.services.changes.agreeToChange({ id, reason });
  }

  @Post('projects/:projectId/changes/:changeId/agree')
  @Rpc(agreeToChange, { as: 'AgreeToProjectChange' })
  agreeForProject(
    @InProject() project: ProjectRef,
    @ChangeId() id: string,
    @MessagePart(AgreeToChangeRequestSchema, ['reason']) { reason }: AgreeToChangeRequest,
  ) {
    return this.services.changes.agreeToChange({ id, reason, project });
  }

  @Post('changes/:changeId/reject')
  @Rpc(rejectChange)
  reject(@ChangeId() id: string, @MessagePart(RejectChangeRequestSchema, ['reason']) { reason }: RejectChangeRequest) {
    return this.services.changes.rejectChange({ id, reason });
  }
}
