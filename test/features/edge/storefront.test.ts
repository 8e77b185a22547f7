import { join } from 'node:path';
import { Template } from 'aws-cdk-lib/assertions';
import { expect, test } from 'vitest';
import { loadConfiguration } from '../../../lib/config/index.ts';
import { pathPattern } from '../../../lib/local/emulators/cloudfront/behaviors.ts';
import { onlyResource } from '../../support/only-resource.ts';
import { scratchFolder } from '../../support/scratch.ts';
import { newApp, stageOf } from '../../support/synth.ts';

test('a storefront serves all paths that are not in the catalogue', () => {
  const { catalogue, environment } = loadConfiguration('dev');
  const stage = stageOf(newApp(join(scratchFolder('storefront'), 'dev')), 'dev', {
    edge: { ...environment.edge, storefront: { domainName: 'www.store.example' } } as never,
  });
  const edge = stage.node.findChild('Edge');
  const template = Template.fromStack(edge as Parameters<typeof Template.fromStack>[0]);
  const { DistributionConfig: config } = onlyResource(template, 'AWS::CloudFront::Distribution');
  const originOf = (path: string): string => {
    const behavior = config.CacheBehaviors.find(({ PathPattern }: { PathPattern: string }) =>
      pathPattern(PathPattern)(path),
    );
    const id = (behavior ?? config.DefaultCacheBehavior).TargetOriginId;
    const origin = config.Origins.find((one: { Id: string }) => one.Id === id);
    return JSON.stringify(origin.DomainName);
  };
  const paths = Object.keys(catalogue.routes).map((key) =>
    key.slice(key.indexOf(' ') + 1).replaceAll(/\{\w+\+?\}/g, 'x'),
  );
  const versioned = paths.map((path) => path.replace(/^\/v\d+\//, '/'));
  const strayed = [catalogue.healthPath, '/partner/products', ...paths, ...versioned].filter(
    (path) => !originOf(path).includes('execute-api'),
  );
  expect(strayed).toEqual([]);
  expect(new Set(['/', '/about', '/apiary', '/cart/1'].map(originOf))).toEqual(
    new Set(['"www.store.example"']),
  );
  expect(originOf('/assets/app.js')).toContain('StaticFiles');
});
