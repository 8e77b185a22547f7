import type { Firewall } from '../waf/web-acl.ts';
import { errorReply, type Stage } from './edge-stage.ts';

/** The maximum lengths of a URL and of a request in bytes ("Maximum length of a request", CloudFront guide). */
const maxUrlBytes = 8_192;
const maxHeadBytes = 20_480;

/** Refuses requests whose URL or headers are too long. */
export const checkLength: Stage = async (call, next) => {
  const { path, query } = call.request;
  if (path.length + query.length > maxUrlBytes) return errorReply(call, 414, 'The URL is too long.');
  if (call.exchange.headBytes > maxHeadBytes) {
    return errorReply(call, 494, 'The request header or cookie is too large.');
  }
  return await next(call);
};

/** Refuses requests that the web ACL blocks. */
export const applyWebAcl =
  (firewall: Firewall): Stage =>
  async (call, next) => {
    const blocked = firewall(call.request);
    return blocked === null ? await next(call) : { answer: blocked, source: 'Error', refusedBy: 'WAF' };
  };

/** Applies the response headers policy of the behaviour; CloudFront skips it for responses that a function made. */
export const applyResponseHeaders: Stage = async (call, next) => {
  const reply = await next(call);
  if (reply !== null && reply.source !== 'FunctionGeneratedResponse') {
    call.behavior.decorate(reply.answer.headers, call.request);
  }
  return reply;
};

/** Refuses methods that the behaviour does not allow, and GET requests with a body. */
export const checkMethod: Stage = async (call, next) => {
  const { exchange, request, behavior } = call;
  if (!behavior.allowedMethods.has(request.method)) {
    return errorReply(call, 403, 'This distribution is not configured to allow the request method.');
  }
  if (request.method === 'GET' && exchange.hasBody) {
    return errorReply(call, 403, 'A GET request may not have a body.');
  }
  return await next(call);
};
