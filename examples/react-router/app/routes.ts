import { index, type RouteConfig, route } from "@react-router/dev/routes";

export default [index("home.tsx"), route("login", "login.tsx"), route("logout", "logout.ts")] satisfies RouteConfig;
