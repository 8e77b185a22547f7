// The one function of the package `lodash.defaults` that iovalkey uses, on plain objects: what is undefined in the target is
// taken from the sources, the first of which counts.
module.exports = (target, ...sources) => {
  for (const source of sources) {
    for (const name in Object(source)) {
      if (target[name] === undefined) target[name] = source[name];
    }
  }
  return target;
};
