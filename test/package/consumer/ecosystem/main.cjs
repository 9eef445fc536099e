const { open } = require("./visits.cjs");

async function main() {
  const visits = open();
  const [, , cookie] = process.argv;
  console.log(cookie === undefined ? await visits.logIn() : await visits.whoIs(cookie));
  await visits.close();
}

main();
