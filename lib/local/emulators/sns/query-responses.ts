import { randomUUID } from 'node:crypto';

/** A response of the AWS query protocol (https://smithy.io/2.0/aws/protocols/aws-query-protocol.html). */
export interface QueryResponse {
  readonly status: number;
  /** XML. */
  readonly body: string;
}

const namespace = 'http://sns.amazonaws.com/doc/2010-03-31/';

/** @param xml the elements of the result. */
export function resultResponse(action: string, xml: string): QueryResponse {
  const metadata = `<ResponseMetadata><RequestId>${randomUUID()}</RequestId></ResponseMetadata>`;
  return {
    status: 200,
    body: `<${action}Response xmlns="${namespace}"><${action}Result>${xml}</${action}Result>${metadata}</${action}Response>`,
  };
}

export function errorResponse(code: string, message: string, status: number): QueryResponse {
  const type = status < 500 ? 'Sender' : 'Receiver';
  const error = `<Error><Type>${type}</Type><Code>${code}</Code><Message>${escaped(message)}</Message></Error>`;
  return {
    status,
    body: `<ErrorResponse xmlns="${namespace}">${error}<RequestId>${randomUUID()}</RequestId></ErrorResponse>`,
  };
}

/** Escapes a text for use as the content of an XML element. */
export function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
