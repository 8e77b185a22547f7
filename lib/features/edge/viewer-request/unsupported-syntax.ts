/**
 * Syntax that CloudFront's JavaScript runtime 2.0 does not support. CloudFront publishes code that uses it, and then answers
 * every request with 503. Sources: "JavaScript runtime 2.0 features for CloudFront Functions" and "Use async and await" in the
 * CloudFront guide (ECMAScript 5.1 with const, let, template literals, arrow functions, rest parameters, async and await; "async
 * arguments and closures are not supported"; promise combinators can exceed the function's memory).
 */
const rules: readonly { readonly pattern: RegExp; readonly fault: string }[] = [
  {
    // `await` must be a whole statement or the initializer of one variable.
    pattern: /^(?!\s*(?:(?:const|let|var) \w+ = )?await [^;]*;$).*\bawait\b.*$/gm,
    fault: 'awaits inside an expression; assign the awaited value to a variable first',
  },
  { pattern: /^.*\bawait\b.*\bawait\b.*$/gm, fault: 'awaits twice in one statement' },
  { pattern: /^(?!async function \w+\().*\basync\b.*$/gm, fault: 'has an async closure; declare a function' },
  {
    pattern: /^.*(?:\bPromise\b|\.(?:then|catch|finally)\().*$/gm,
    fault: 'combines or chains promises; await them one after another',
  },
  { pattern: /^.*\b(?:class|yield|super|debugger)\b.*$/gm, fault: 'uses classes or generators' },
  { pattern: /^.*\bfor (?:await )?\([^)]*\bof\b.*$/gm, fault: 'uses for-of' },
  { pattern: /^.*(?:\?\.(?!\d)|\?\?|&&=|\|\|=).*$/gm, fault: 'uses optional chaining or nullish operators' },
  { pattern: /^.*(?:[[{(,]\s*\.\.\.|(?:const|let|var) *[[{]).*$/gm, fault: 'uses spread or destructuring' },
  {
    pattern: /^.*\b(?:eval\(|new Function\b|setTimeout|setInterval|setImmediate).*$/gm,
    fault: 'evaluates code or sets timers',
  },
  {
    pattern: /^(?!import cf from "cloudfront";$).*(?:\bimport\b|\brequire\(|\bexport\b).*$/gm,
    fault: 'imports or exports',
  },
];

/** Lines of a function's code that the runtime cannot run, each with the reason. */
export function unsupportedSyntax(code: string): string[] {
  const bare = code.replace(/^import cf from "cloudfront";$/m, '').replace(/"(?:[^"\\\n]|\\.)*"/g, '""');
  return rules.flatMap(({ pattern, fault }) =>
    [...bare.matchAll(pattern)].map(([line]) => `The line "${line.trim().slice(0, 120)}" ${fault}.`),
  );
}
