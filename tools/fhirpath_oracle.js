// Evaluates FHIRPath with the npm package `fhirpath`: one JSON request a line in, one JSON answer a line out.
// Request: {resource} to remember the resource around the next nodes, or {expression, type, node} to evaluate.
"use strict";

const fhirpath = require("fhirpath");
const model = require("fhirpath/fhir-context/r4");

const extensionValues = new Set(model.choiceTypePaths["Extension.value"].map((type) => "value" + type));
const compiled = new Map();
let resource = {};

function contained(reference) {
  return (resource.contained || []).filter((each) => "#" + each.id === reference);
}

function resolve(items) {
  const references = items.map((item) => (item && item.reference !== undefined ? item.reference : item));
  return references.flatMap((reference) => (typeof reference === "string" ? contained(reference) : []));
}

const options = {
  traceFn: () => {},
  userInvocationTable: {
    resolve: { fn: resolve, arity: { 0: [] } },
    memberOf: { fn: () => [], arity: { 1: ["String"] } },
    htmlChecks: { fn: () => [true], arity: { 0: [] } },
  },
};

// A data type is asked about as the value of an extension: only so does the oracle know its type for certain.
// R4's own rules use as() on collections of many items, which the oracle refuses: ofType() is what they mean.
function asked(request) {
  const { type, node } = request;
  const expression = request.expression.replace(/\bas\(/g, "ofType(");
  const key = type && "value" + type[0].toUpperCase() + type.slice(1);
  if (!extensionValues.has(key) || expression.includes("%context")) return { expression, type, node };
  return { expression: `value.select(${expression})`, type: "Extension", node: { url: "x", [key]: node } };
}

function answer(request) {
  try {
    const { expression, type, node } = asked(request);
    const key = type + " " + expression;
    if (!compiled.has(key)) {
      compiled.set(key, fhirpath.compile(type ? { base: type, expression } : expression, model, options));
    }
    return { result: compiled.get(key)(node, { resource, rootResource: resource }) };
  } catch (fault) {
    return { fault: String(fault.message || fault).slice(0, 200) };
  }
}

require("readline")
  .createInterface({ input: process.stdin, terminal: false })
  .on("line", (line) => {
    const request = JSON.parse(line);
    if (request.resource) resource = request.resource;
    else process.stdout.write(JSON.stringify(answer(request)) + "\n");
  });
