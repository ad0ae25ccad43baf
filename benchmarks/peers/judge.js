// Ajv on the bodies that the judge is measured with. Each line of standard input names one list of bodies; the answer is
// the number of seconds that one body took. "all" after the name asks for all errors, not for the first alone.
"use strict";

const fs = require("fs");
const readline = require("readline");
const { chooseValidators } = require("./validators.js");

const [schemas, lists] = process.argv.slice(2, 4).map((file) => JSON.parse(fs.readFileSync(file, "utf8")));
const validators = { first: chooseValidators(schemas, false), all: chooseValidators(schemas, true) };

function measureSeconds(bodies, choose, calls) {
  const began = process.cpuUsage(); // as the other side: other processes do not disturb it
  for (let call = 0; call < calls; call++) for (const body of bodies) choose(body)(body);
  const { user, system } = process.cpuUsage(began);
  return (user + system) / 1e6;
}

readline.createInterface({ input: process.stdin }).on("line", (line) => {
  const [name, mode, atLeast] = line.split(" ");
  const bodies = lists[name];
  if (mode === "count") {
    console.log(bodies.filter((body) => !validators.all(body)(body)).length);
    return;
  }
  let calls = 1;
  while (measureSeconds(bodies, validators[mode], calls) < Number(atLeast)) calls *= 2;
  console.log(measureSeconds(bodies, validators[mode], calls) / calls / bodies.length);
});
