import type { Deployment, Resource } from '../../lib/local/engine/assembly.ts';
import { asRecord, asRecords } from './records.ts';

/**
 * The listener's answer to a call with the given headers: the action of the first rule by priority that matches, or the
 * default. For example `service order`, `463 problem 403`, `fixed 200`.
 */
export function answerOf(
  deployment: Deployment,
  listener: Resource,
  call: {
    readonly decision: string | readonly string[];
    readonly service: string | readonly string[];
    readonly cohort: string;
  },
): string {
  const headers: Readonly<Record<string, readonly string[]>> = {
    'x-gw-decision': [call.decision].flat(),
    'x-gw-service': [call.service].flat(),
    'x-gw-cohort': [call.cohort],
  };
  const rule = deployment
    .ofType('AWS::ElasticLoadBalancingV2::ListenerRule')
    .filter((candidate) => candidate.properties['ListenerArn'] === listener.id)
    .sort((a, b) => Number(a.properties['Priority']) - Number(b.properties['Priority']))
    .find((candidate) =>
      asRecords(candidate.properties['Conditions']).every((condition) => {
        const header = asRecord(condition['HttpHeaderConfig']);
        const sent = headers[String(header['HttpHeaderName'])] ?? [];
        const values: unknown = header['Values'];
        return (
          condition['Field'] === 'http-header' &&
          Array.isArray(values) &&
          // Every value of a repeated header is compared. An asterisk matches any text.
          sent.some((value) => values.some((pattern) => matchesPattern(String(pattern), value)))
        );
      }),
    );
  const [action] = asRecords(rule?.properties['Actions'] ?? listener.properties['DefaultActions']);
  return action === undefined ? 'nothing' : describeAction(deployment, action);
}

const matchesPattern = (pattern: string, value: string) =>
  pattern.endsWith('*') ? value.startsWith(pattern.slice(0, -1)) : value === pattern;

function describeAction(deployment: Deployment, action: Readonly<Record<string, unknown>>): string {
  if (action['Type'] === 'fixed-response') {
    const response = asRecord(action['FixedResponseConfig']);
    if (response['ContentType'] !== 'application/json')
      return `fixed answer of ${String(response['ContentType'])}`;
    const body = asRecord(JSON.parse(String(response['MessageBody'])));
    const status = Number(response['StatusCode']);
    return typeof body['status'] === 'number' && typeof body['title'] === 'string'
      ? `${status} problem ${body['status']}`
      : `fixed ${status}`;
  }
  // A blue/green deployment has two target groups. One of them has all the weight.
  const weighted = asRecords(asRecord(action['ForwardConfig'])['TargetGroups']);
  const heavy = weighted.find(({ Weight }) => Number(Weight) > 0);
  const targets = String(action['TargetGroupArn'] ?? heavy?.['TargetGroupArn']);
  const behind = deployment
    .ofType('AWS::ECS::Service')
    .find((service) =>
      asRecords(service.properties['LoadBalancers']).some((entry) => entry['TargetGroupArn'] === targets),
    );
  const definition = deployment.byReference(String(behind?.properties['TaskDefinition']));
  const [container] = asRecords(definition?.properties['ContainerDefinitions']);
  const name = asRecords(container?.['Environment']).find((variable) => variable['Name'] === 'SERVICE_NAME');
  return `service ${String(name?.['Value'])}`;
}
