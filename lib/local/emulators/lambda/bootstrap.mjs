/**
 * The program of a function process. It loads the handler and processes the events of the Runtime API one by one, as the
 * Node.js runtime of AWS Lambda does (https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html). Handlers return
 * a promise or a value; the runtime of Node.js 24 does not support callbacks either.
 */
import { existsSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const {
  AWS_LAMBDA_RUNTIME_API: runtimeApi,
  AWS_LAMBDA_FUNCTION_NAME: functionName,
  AWS_LAMBDA_FUNCTION_VERSION: functionVersion,
  AWS_LAMBDA_FUNCTION_MEMORY_SIZE: memoryLimitInMB,
  AWS_LAMBDA_LOG_GROUP_NAME: logGroupName,
  AWS_LAMBDA_LOG_STREAM_NAME: logStreamName,
  LAMBDA_TASK_ROOT: taskRoot,
  _HANDLER: handlerName,
} = process.env;

const agent = new Agent({ keepAlive: true });

/** Calls the Runtime API. */
function call(method, path, body, headers = {}) {
  return new Promise((done, fail) => {
    const sent = request(
      `http://${runtimeApi}/2018-06-01/runtime/${path}`,
      { method, agent, headers },
      (answer) => {
        const chunks = [];
        answer.on('data', (chunk) => chunks.push(chunk));
        answer.on('end', () => done({ headers: answer.headers, text: Buffer.concat(chunks).toString() }));
        answer.on('error', fail);
      },
    );
    sent.on('error', fail);
    sent.end(body);
  });
}

function report(path, error) {
  const isError = error instanceof Error;
  const answer = {
    errorType: isError ? error.name : 'Error',
    errorMessage: isError ? error.message : String(error),
    stackTrace: isError ? (error.stack ?? '').split('\n') : [],
  };
  console.error(isError ? error.stack : String(error));
  return call('POST', path, JSON.stringify(answer), {
    'content-type': 'application/json',
    'lambda-runtime-function-error-type': answer.errorType,
  });
}

async function loadHandler() {
  const split = handlerName.lastIndexOf('.');
  const [module, name] = [handlerName.slice(0, split), handlerName.slice(split + 1)];
  const path = ['.mjs', '.js', '.cjs'].map((end) => join(taskRoot, module + end)).find(existsSync);
  if (path === undefined) {
    throw Object.assign(new Error(`Cannot find module '${module}' in ${taskRoot}`), {
      name: 'Runtime.ImportModuleError',
    });
  }
  const handler = (await import(pathToFileURL(path).href))[name];
  if (typeof handler !== 'function') {
    throw Object.assign(new Error(`${handlerName} is undefined or not exported`), {
      name: 'Runtime.HandlerNotFound',
    });
  }
  return handler;
}

function contextOf(headers) {
  const deadline = Number(headers['lambda-runtime-deadline-ms']);
  return {
    awsRequestId: headers['lambda-runtime-aws-request-id'],
    invokedFunctionArn: headers['lambda-runtime-invoked-function-arn'],
    functionName,
    functionVersion,
    memoryLimitInMB,
    logGroupName,
    logStreamName,
    callbackWaitsForEmptyEventLoop: false,
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
  };
}

let handler;
try {
  handler = await loadHandler();
} catch (error) {
  await report('init/error', error);
  process.exit(1);
}

for (;;) {
  const event = await call('GET', 'invocation/next').catch(() => process.exit(0)); // The Runtime API has stopped.
  const requestId = event.headers['lambda-runtime-aws-request-id'];
  process.env['_X_AMZN_TRACE_ID'] = event.headers['lambda-runtime-trace-id'];
  try {
    const result = await handler(JSON.parse(event.text), contextOf(event.headers));
    await call('POST', `invocation/${requestId}/response`, JSON.stringify(result ?? null));
  } catch (error) {
    await report(`invocation/${requestId}/error`, error);
  }
}
