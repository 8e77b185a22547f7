import { reservedNames as reservedNamesOf } from '../../../config/index.ts';
import { type Check, fail, pass } from '../check.ts';

/** Refuses placeholder hosts and addresses, with which the project is delivered. */
export const reservedNames: Check = {
  name: 'reserved-names',
  run: ({ configuration }) => {
    const faults = reservedNamesOf(configuration).map(({ entry, text, why, where, more }) => {
      const others = more === 0 ? '' : ` The same in ${more} more.`;
      return fail(`${entry} is "${text}", ${why}.${others}`, `Set your own in ${where}.`);
    });
    return Promise.resolve(
      faults.length > 0 ? faults : [pass('no host or address of the configuration is a placeholder.')],
    );
  },
};
