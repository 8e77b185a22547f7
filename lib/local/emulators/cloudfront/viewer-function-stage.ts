import type { EdgeRequest } from './edge-request.ts';
import { type EdgeCall, errorReply, type Reply, type Respond, type Stage } from './edge-stage.ts';
import {
  applyRequestChanges,
  applyResponseChanges,
  generatedResponse,
  type ResponseObject,
  requestObject,
  responseObject,
  type ViewerEvent,
} from './viewer-event.ts';

/** Runs the viewer-request and viewer-response functions of the behaviour. */
export function runViewerFunctions(distributionId: string, notice: (text: string) => void): Stage {
  const failed = (call: EdgeCall, status: 502 | 503, detail: string): Reply => {
    notice(`CloudFront function: ${detail}`);
    return status === 502
      ? errorReply(call, 502, 'The CloudFront function returned an invalid value.', 'FunctionValidationError')
      : errorReply(call, 503, 'The CloudFront function failed.', 'FunctionExecutionError');
  };

  const runRequestFunction = async (call: EdgeCall, next: Respond): Promise<Reply | null> => {
    const { request, behavior } = call;
    if (behavior.viewerRequest === null) return await next(call);
    const result = behavior.viewerRequest(viewerEvent(distributionId, request, null));
    if (!result.ok) return failed(call, 503, result.error);
    if ('statusCode' in result.value) {
      const answer = generatedResponse(result.value);
      return typeof answer === 'string'
        ? failed(call, 502, answer)
        : { answer, source: 'FunctionGeneratedResponse' };
    }
    const changed = applyRequestChanges(request, result.value);
    return typeof changed === 'string'
      ? failed(call, 502, changed)
      : await next({ ...call, request: changed });
  };

  const runResponseFunction = (call: EdgeCall, reply: Reply): Reply => {
    const { request, behavior } = call;
    if (behavior.viewerResponse === null || reply.answer.status >= 400) return reply;
    const event = viewerEvent(distributionId, request, responseObject(reply.answer));
    const result = behavior.viewerResponse(event);
    if (!result.ok) return failed(call, 503, result.error);
    const changed = applyResponseChanges(reply.answer, result.value as ResponseObject);
    return typeof changed === 'string' ? failed(call, 502, changed) : { ...reply, answer: changed };
  };

  return async (viewed, next) =>
    await runRequestFunction(viewed, async (call) => {
      const reply = await next(call);
      return reply === null ? null : runResponseFunction(call, reply);
    });
}

function viewerEvent(
  distributionId: string,
  request: EdgeRequest,
  response: ResponseObject | null,
): ViewerEvent {
  return {
    version: '1.0',
    context: {
      distributionDomainName: 'localhost',
      distributionId,
      eventType: response === null ? 'viewer-request' : 'viewer-response',
      requestId: request.requestId,
    },
    viewer: { ip: request.viewerAddress },
    request: requestObject(request),
    ...(response === null ? {} : { response }),
  };
}
