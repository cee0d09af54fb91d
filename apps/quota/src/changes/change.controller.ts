import type {
  AgreeToChangeRequest,
  ChangeService,
  FoundOperatorRequest,
  GetChangeRequest,
  ListChangesRequest,
  ProposeChangeRequest,
  RejectChangeRequest,
} from '@kontor/contracts/quota/v1/change';
import type { Call, Serves } from '@kontor/kit/grpc';
import { Injectable } from '@nestjs/common';
import { personOf } from '../programmes/not-own.ts';
import { Changes } from './changes.ts';
import { Foundings } from './founding.ts';

/** The contract, method by method, and who decides. */
@Injectable()
export class ChangeController implements Serves<typeof ChangeService> {
  constructor(
    private readonly changes: Changes,
    private readonly foundings: Foundings,
  ) {}

  async proposeChange(request: ProposeChangeRequest, call: Call) {
    return this.changes.propose(request, personOf(call));
  }

  async agreeToChange(request: AgreeToChangeRequest, call: Call) {
    return this.changes.agree(request, personOf(call));
  }

  async rejectChange(request: RejectChangeRequest, call: Call) {
    return this.changes.reject(request, personOf(call));
  }

  getChange({ id }: GetChangeRequest) {
    return this.changes.get(id);
  }

  listChanges(request: ListChangesRequest) {
    return this.changes.list(request);
  }

  foundOperator(request: FoundOperatorRequest, { actor }: Call) {
    return this.foundings.found(request, actor);
  }
}
