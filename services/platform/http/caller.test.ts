import { expect, test } from 'vitest';
import { callerOf, mayAccess } from './caller.ts';

test('the word for "not there" is nobody', () => {
  const caller = callerOf(new Headers({ 'x-user-id': '-', 'x-client-id': '-', 'x-user-email': '-' }));
  expect(caller).toEqual({ requestId: '-', userId: null, userEmail: null, clientId: null, isAdmin: false });
  expect(mayAccess(caller, '-')).toBe(false);
  expect(mayAccess(caller, '')).toBe(false);
});

test("only the owner and the role admin may have what is a user's", () => {
  const callerWith = (headers: Record<string, string>) => callerOf(new Headers(headers));
  expect(mayAccess(callerWith({ 'x-user-id': 'alice' }), 'alice')).toBe(true);
  expect(mayAccess(callerWith({ 'x-user-id': 'alice' }), 'bob')).toBe(false);
  expect(mayAccess(callerWith({ 'x-user-id': 'admin' }), 'bob')).toBe(false);
  expect(mayAccess(callerWith({ 'x-user-role': 'administrator' }), 'bob')).toBe(false);
  expect(mayAccess(callerWith({ 'x-user-role': 'admin' }), 'bob')).toBe(true);
});
