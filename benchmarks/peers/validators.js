// The validator of a body by its operation and model, each compiled once: the schemas that the judge joins too.
"use strict";

const Ajv = require("ajv/dist/2020").default;

exports.chooseValidators = (schemas, allErrors) => {
  const ajv = new Ajv({ strict: false, validateFormats: false, allErrors });
  const compiled = new Map();
  return (body) => {
    const models = schemas[body?.operation] ?? schemas[""];
    const name = models[body?.input?.model] === undefined ? "" : body.input.model;
    const schema = models[name];
    let validator = compiled.get(schema);
    if (validator === undefined) compiled.set(schema, (validator = ajv.compile(schema)));
    return validator;
  };
};
