// The older versions of frameworks, under the names that package.json gives them. What the tests use of them is alike.
declare module "express4" {
  import express from "express";
  export default express;
}

declare module "koa2" {
  import Koa from "koa";
  export default Koa;
}
