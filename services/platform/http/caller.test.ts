import { expect, test } from 'vitest';
import { callerOf, mayAccess } from './caller.ts';

test('reads NO_VALUE as null, which gives access to nothing', () => {
  const caller = callerOf(new Headers({ 'x-user-id': '-', 'x-client-id': '-', 'x-user-email': '-' }));
  expect(caller).toEqual({ requestId: '-', userId: null, userEmail: null, clientId: null, isAdmin: false });
  expect(mayAccess(caller, '-')).toBe(false);
  expect(mayAccess(caller, '')).toBe(false);
});

test("gives access to a user's data to that user and to the role admin only", () => {
  const callerWith = (headers: Record<string, string>) => callerOf(new Headers(headers));
  expect(mayAccess(callerWith({ 'x-user-id': 'alice' }), 'alice')).toBe(true);
  expect(mayAccess(callerWith({ 'x-user-id': 'alice' }), 'bob')).toBe(false);
  expect(mayAccess(callerWith({ 'x-user-id': 'admin' }), 'bob')).toBe(false);
  expect(mayAccess(callerWith({ 'x-user-role': 'administrator' }), 'bob')).toBe(false);
  expect(mayAccess(callerWith({ 'x-user-role': 'admin' }), 'bob')).toBe(true);
});
