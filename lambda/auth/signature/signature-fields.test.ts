import { describe, expect, test } from 'vitest';
import { readSignatureFields } from './signature-fields.ts';

const bytes = 'sig=:cHJldGVuZCB0aGlzIGlz:';

describe('the fields of a signature are dictionaries of RFC 9651', () => {
  test.each([
    ['an inner list with parameters', 'sig=("a" "b");created=1;keyid="k"', '("a" "b");created=1;keyid="k"'],
    ['an empty inner list (3.1.1)', 'sig=();created=1', '();created=1'],
    ['any spaces within an inner list (4.2.1.2)', 'sig=( "a"   "b" );created=1', '("a" "b");created=1'],
    ['spaces after a semicolon (4.2.3.2)', 'sig=("a");  created=1', '("a");created=1'],
    ['a parameter without a value, which is true (3.1.2)', 'sig=("a");done', '("a");done'],
    ['of two of one key the last (3.2)', 'sig=("a");created=1, sig=("b");created=2', '("b");created=2'],
    ['of two parameters of one key the last (3.1.2)', 'sig=("a");created=1;created=2', '("a");created=2'],
    [
      'an integer of fifteen digits (3.3.1)',
      'sig=("a");created=999999999999999',
      '("a");created=999999999999999',
    ],
    ['escapes in a string (3.3.3)', String.raw`sig=("a");keyid="a\"\\b"`, String.raw`("a");keyid="a\"\\b"`],
    ['a key that begins with an asterisk (3.1.2)', 'sig=("a");*x=1', '("a");*x=1'],
  ])('reads %s, and writes it in its one form', (_, input, serialised) => {
    expect(readSignatureFields(input, bytes)).toMatchObject({ kind: 'read', signature: { serialised } });
  });

  test.each([
    ['a key in capitals (3.1.2)', 'Sig=("a");created=1'],
    ['an integer of sixteen digits (3.3.1)', 'sig=("a");created=1000000000000000'],
    ['commas within an inner list (4.2.1.2)', 'sig=("a","b");created=1'],
    ['an inner list without its end', 'sig=("a" "b"'],
    ['a comma at the end (4.2.2)', 'sig=("a");created=1,'],
    ['another escape than of quote and backslash (4.2.5)', String.raw`sig=("a");keyid="\n"`],
    ['a string beyond ASCII (3.3.3)', 'sig=("ä");created=1'],
    ['a space before a semicolon', 'sig=("a") ;created=1'],
    ['what follows the end', 'sig=("a");created=1 x'],
    ['a token as a component', 'sig=(a);created=1'],
  ])('refuses %s', (_, input) => {
    expect(readSignatureFields(input, bytes)).toEqual({ kind: 'faulty', reason: 'malformed-signature' });
  });

  test.each([
    ['a byte sequence without its end (3.3.5)', 'sig=:cHJl'],
    ['letters outside base64 (3.3.5)', 'sig=:cH*l:'],
    ['a string instead of a byte sequence', 'sig="cHJl"'],
    ['a signature of another label', 'other=:cHJl:'],
  ])('refuses %s', (_, signature) => {
    expect(readSignatureFields('sig=("a");created=1', signature)).toEqual({
      kind: 'faulty',
      reason: 'malformed-signature',
    });
  });
});
