// Runs a program of this folder, `node bin/run.cjs NAME …`, with TypeScript. Plain JavaScript that any Node.js reads,
// so that one which is too old gets a sentence and no stack.
'use strict';

const floor = require('../package.json').engines.node.replace('>=', '');
const numbers = (version) => version.split('.').map(Number);
const [major, minor] = numbers(process.versions.node);
const [floorMajor, floorMinor] = numbers(floor);

if (major < floorMajor || (major === floorMajor && minor < floorMinor)) {
  console.error(
    `This is Node.js ${process.versions.node}; the gateway needs ${floor} or newer. Install one from https://nodejs.org.`,
  );
  process.exitCode = 1;
} else {
  // The floor is checked above; the SDK announces its own of 2027 with a stack of lines.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
  const program = `${__dirname}/${process.argv[2]}.ts`;
  // The program finds its own arguments where every program has them.
  process.argv.splice(1, 2, program);
  void import('tsx').then(() => import(require('node:url').pathToFileURL(program).href));
}
