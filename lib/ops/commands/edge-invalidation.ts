import { applyRecordedChange } from './change-record.ts';
import { usageError } from './ops-error.ts';
import type { Report } from './report.ts';
import type { ChangeOptions, Session } from './session.ts';

export interface InvalidateOptions {
  readonly tag: readonly string[];
}

/** Invalidates cached answers at the edge, by path and by cache tag. */
export async function invalidate(
  session: Session<InvalidateOptions & ChangeOptions>,
  ...paths: string[]
): Promise<Report> {
  const { gateway, options, ports } = session;
  const wrong = paths.find((one) => !/^\/[^*]*\*?$/.test(one));
  if (wrong !== undefined) {
    throw usageError(
      `${wrong} is not a valid path to invalidate.`,
      'Begin it with "/"; use "*" only at the end.',
    );
  }
  const items = [...paths, ...options.tag.map((tag) => `#${tag}`)];
  if (items.length === 0) throw usageError('No path or tag is given.', 'Give paths, or --tag.');
  return await applyRecordedChange(session, {
    document: 'edge:cache',
    changes: items.map((item) => ({ path: item, after: 'forgotten' })),
    effect: 'at every edge location within two minutes',
    apply: async () => {
      await (await gateway.edge()).invalidate(items, `ops-${ports.now()}`);
      return { invalidated: items };
    },
  });
}
