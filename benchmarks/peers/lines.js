// A file of one body a line: what a short program with Ajv does. It prints one line of JSON for each body with errors.
"use strict";

const fs = require("fs");
const readline = require("readline");
const { chooseValidators } = require("./validators.js");

const [schemas, file] = process.argv.slice(2);
const choose = chooseValidators(JSON.parse(fs.readFileSync(schemas, "utf8")), true);
let number = 0;

readline
  .createInterface({ input: fs.createReadStream(file, { highWaterMark: 1 << 20 }), crlfDelay: Infinity })
  .on("line", (line) => {
    number++;
    const body = JSON.parse(line);
    const validate = choose(body);
    if (validate(body)) return;
    process.exitCode = 1;
    process.stdout.write(JSON.stringify({ line: number, errors: validate.errors }) + "\n");
  });
