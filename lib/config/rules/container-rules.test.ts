import { describe, expect, test } from 'vitest';
import { catalogue } from '../catalogue/catalogue.ts';
import { loadCatalogue } from '../index.ts';
import { faultsOf } from '../testing/fixtures.ts';

const own = {
  kind: 'fargate',
  description: 'Gift cards.',
  image: { repository: 'gifts', tag: '1.4' },
  local: { command: ['node', 'gifts.mjs'] },
} as const;

const withService = (service: object) =>
  ({ ...catalogue, services: { ...catalogue.services, gifts: service } }) as typeof catalogue;
const entry = 'catalogue.services.gifts';

describe('a service with an image', () => {
  test.each([
    [own],
    [{ ...own, image: { repository: 'public.ecr.aws/nginx/nginx', digest: `sha256:${'0'.repeat(64)}` } }],
    [{ ...own, image: { folder: 'gifts' }, command: ['gifts', '--fast'], port: 9_000 }],
    [{ ...own, local: { url: 'http://127.0.0.1:9000' }, environment: { COLOUR: 'blue' } }],
  ])('is accepted: %j', (service) => {
    expect(loadCatalogue(withService(service)).services['gifts']).toMatchObject(service);
  });

  test.each([
    [{ image: { repository: 'Gifts', tag: '1' } }, `${entry}.image.repository: is not valid. Give an ECR`],
    [{ image: { repository: 'gifts' } }, `${entry}.image.tag: is missing.`],
    [{ image: { folder: '/gifts' } }, `${entry}.image.folder: is not valid. Give a folder`],
    [{ image: 'gifts:1' }, `${entry}.image: is not valid. Give an object`],
    [{ local: undefined }, `${entry}.local: is missing, and the local run starts no containers.`],
    [{ local: { url: 'https://gifts' } }, `${entry}.local`],
    [{ role: 'order' }, `${entry}.role: is for the image of the shop`],
    [{ database: true }, `${entry}.database: is for the roles of the shop`],
    [{ limitStore: true }, `${entry}.limitStore: is for the roles of the shop`],
    [{ environment: { PORT: '1' } }, `${entry}.environment.PORT: is set by the gateway`],
    [{ environment: { AWS_REGION: 'x' } }, `${entry}.environment.AWS_REGION: is set by the gateway`],
    [
      { calls: ['order'], environment: { ORDER_URL: 'http://x' } },
      `${entry}.environment.ORDER_URL: is set by the gateway`,
    ],
    [
      { secrets: { TOKEN: 'gifts/token' }, environment: { TOKEN: 'x' } },
      `${entry}.environment.TOKEN: is set by the gateway or by \`secrets\`.`,
    ],
  ])('is refused with %j', (change, fault) => {
    expect(faultsOf(withService({ ...own, ...change }))).toContain(fault);
  });
});

describe('a service of the shop', () => {
  const { image: _image, local: _local, ...rest } = own;

  test.each([
    [{}, `${entry}: has no program. Give an image of your own, or a role of the shop: product,`],
    [
      { role: 'gifts' },
      `${entry}.role: is "gifts", which the shop's image does not have. Use one of: product,`,
    ],
    [{ role: 'order', command: ['x'] }, `${entry}.command: applies only to a service with an image.`],
    [
      { role: 'order', local: { command: ['x'] } },
      `${entry}.local: applies only to a service with an image.`,
    ],
  ])('is refused with %j', (change, fault) => {
    expect(faultsOf(withService({ ...rest, ...change }))).toContain(fault);
  });
});
