import { open } from "./visits.mjs";

const visits = open();
const [, , cookie] = process.argv;
console.log(cookie === undefined ? await visits.logIn() : await visits.whoIs(cookie));
await visits.close();
