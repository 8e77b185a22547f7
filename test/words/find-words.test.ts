import { describe, expect, test } from 'vitest';
import { findWords } from './find-words.ts';

const found = (text: string) => findWords('lib/a.ts', text).map(({ line, word }) => `${line} ${word}`);

describe('refused words', () => {
  test.each([
    ['the door is open', ['1 door']],
    ['const frontDoor = 1;', ['1 door']],
    ['FRONT_DOOR', ['1 door']],
    ['outdoors and doorway', []],
    ['one\ntwo\nfor want of time', ['3 for want of']],
  ])('are found in %j', (text, faults) => {
    expect(found(text)).toEqual(faults);
  });

  test.each([
    ['it fails for want\nof time'],
    ['  // it fails for want\n  // of time'],
    ['/**\n * it fails for\n * want of time\n */'],
    ['- it fails for want  \n  of time'],
  ])('are found over the end of a line in %j', (text) => {
    expect(found(text).map((fault) => fault.replace(/^\d+ /, ''))).toEqual(['for want of']);
  });

  test('are found once each', () => {
    expect(found('for want of time\nfor want\nof money')).toEqual(['1 for want of', '2 for want of']);
  });
});
