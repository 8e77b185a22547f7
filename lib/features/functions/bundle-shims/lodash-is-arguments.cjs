/** In place of the package `lodash.isarguments`, which iovalkey flattens arguments with: it serves engines of twenty years ago. */
module.exports = (value) => Object.prototype.toString.call(value) === '[object Arguments]';
