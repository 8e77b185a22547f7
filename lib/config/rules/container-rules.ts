import type { Fault } from '../config-error.ts';
import { entryName } from '../parse.ts';
import type { Service } from '../schemas/catalogue.ts';
import { shopRoles } from '../schemas/containers.ts';

/** Variables that the gateway or ECS sets for every task. */
const reserved = /^(ROLE|SERVICE_NAME|ENVIRONMENT|PORT|AWS_.*|ECS_.*)$/;

/** The variable with the address of a service that a service calls. */
export function downstreamVariable(service: string): string {
  return `${service.toUpperCase().replaceAll('-', '_')}_URL`;
}

/** What runs in the container of a service: a role of the shop's image, or the owner's image with its program. */
export function containerFaults(name: string, service: Service): Fault[] {
  if (service.kind !== 'fargate') return [];
  const { role, image } = service;
  const fault = (path: readonly string[], text: string, remedy: string): Fault => ({
    entry: entryName('catalogue', ['services', name, ...path]),
    fault: text,
    remedy,
  });
  const called = new Set(service.calls.map(downstreamVariable));
  const known = `Use one of: ${shopRoles.join(', ')}.`;
  const taken = Object.keys(service.environment)
    .filter((variable) => reserved.test(variable) || variable in service.secrets || called.has(variable))
    .map((variable) =>
      fault(['environment', variable], 'is set by the gateway or by `secrets`.', 'Rename it or remove it.'),
    );
  if (image === undefined) {
    return [
      ...(role === undefined
        ? [
            fault(
              [],
              'has no program.',
              `Give an image of your own, or a role of the shop: ${shopRoles.join(', ')}.`,
            ),
          ]
        : shopRoles.some((shopRole) => shopRole === role)
          ? []
          : [fault(['role'], `is "${role}", which the shop's image does not have.`, known)]),
      ...(['command', 'local'] as const)
        .filter((key) => service[key] !== undefined)
        .map((key) =>
          fault([key], 'applies only to a service with an image.', 'Remove it, or give an image.'),
        ),
      ...taken,
    ];
  }
  return [
    ...(role === undefined
      ? []
      : [
          fault(
            ['role'],
            'is for the image of the shop, but the service has an image.',
            'Remove one of the two.',
          ),
        ]),
    ...(service.local === undefined
      ? [
          fault(
            ['local'],
            'is missing, and the local run starts no containers.',
            'Give local: { command: ["node", "server.mjs"] } or local: { url: "http://127.0.0.1:9000" }.',
          ),
        ]
      : []),
    ...(['database', 'limitStore'] as const)
      .filter((key) => service[key])
      .map((key) =>
        fault(
          [key],
          'is for the roles of the shop, which create what they need there.',
          'Remove it; connect to own stores by environment and secrets.',
        ),
      ),
    ...taken,
  ];
}
