import { toJson, type DescMessage, type DescMethod, type MessageShape } from '@bufbuild/protobuf';
import {
  applyDecorators,
  HttpCode,
  Injectable,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { ApiResponse } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { map, type Observable } from 'rxjs';
import { OpenAsRpc } from './access.ts';
import { commentOf } from './comments.ts';
import { dto } from './dto.ts';
import { nextPage } from './next-page.ts';
import { ApiProblems } from './problem-document.ts';

interface Replies<O extends DescMessage> {
  output: O;
}

type Handler<O extends DescMessage> = (...args: never[]) => Promise<MessageShape<O>>;

const Answers = Reflector.createDecorator<DescMessage>();

/**
 * Says which RPC answers a route. From it follow the operation's id and description, the schema of the reply, how the
 * reply is written, and who may use the route. The compiler checks that the handler returns the RPC's output.
 *
 * @param as the operation's id where two routes are answered by one RPC
 */
export function Rpc<O extends DescMessage>(method: DescMethod & Replies<O>, { status = 200, as = method.name } = {}) {
  const description = commentOf(method.output) || `The reply of ${method.name}.`;
  const decorate = applyDecorators(
    Answers(method.output),
    HttpCode(status),
    operation(method, as),
    ApiResponse({ status, type: dto(method.output), description }),
  );
  return <H extends Handler<O>>(target: object, key: string, descriptor: TypedPropertyDescriptor<H>): void =>
    decorate(target, key, descriptor);
}

/** The same for an RPC whose reply is a stream of bytes, which the handler writes itself. */
export function RpcStream(
  method: DescMethod & { methodKind: 'server_streaming' },
  mediaType: string,
  { as = method.name } = {},
) {
  const content = { [mediaType]: { schema: { type: 'string', format: 'binary' } } };
  return applyDecorators(operation(method, as), ApiResponse({ status: 200, description: commentOf(method), content }));
}

const operation = (method: DescMethod, operationId: string) =>
  applyDecorators(
    ApiProblems(),
    OpenAsRpc(method, { operationId, summary: summaryOf(commentOf(method)), description: commentOf(method) }),
  );

/** The first sentence, as a heading. */
const summaryOf = (comment: string): string => comment.split(/(?<=\.)\s/)[0]?.replace(/\.$/, '') ?? '';

/** Writes a reply as the contract's JSON, every field included, and the link to the next page where there is one. */
@Injectable()
export class ReplyWriter implements NestInterceptor {
  constructor(private readonly reflector: Reflector) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const output = this.reflector.get(Answers, context.getHandler());
    if (output === undefined) return next.handle();
    const http = context.switchToHttp();
    return next.handle().pipe(
      map((reply: MessageShape<DescMessage>) => {
        const link = nextPage(http.getRequest<Request>().originalUrl, reply);
        if (link) http.getResponse<Response>().set('Link', link);
        return toJson(output, reply, { alwaysEmitImplicit: true });
      }),
    );
  }
}
