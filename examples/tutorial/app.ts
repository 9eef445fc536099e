// The tutorial's program on Flask sessions, line for line.
import { escape, Flask, redirect, request, session, urlFor } from "coatcheck/flask";

const app = new Flask(import.meta.url);
// The tutorial's own key is published, so it is refused. Under debug, one is made when there is none.
app.secretKey = process.env.SECRET_KEY;

app.route("/", function index() {
  if ("username" in session) {
    const username = session.username;
    return "登录用户名是:" + escape(username) + "<br>" + "<b><a href = '/logout'>点击这里注销</a></b>";
  }
  return "您暂未登录, <br><a href = '/login'></b>" + "点击这里登录</b></a>";
});

app.route("/login", { methods: ["GET", "POST"] }, function login() {
  if (request.method === "POST") {
    session.username = request.form.username;
    return redirect(urlFor("index"));
  }
  return `
   <form action = "" method = "post">
      <p><input type="text" name="username"/></p>
      <p><input type="submit" value ="登录"/></p>
   </form>
   `;
});

app.route("/logout", function logout() {
  // remove the username from the session if it is there
  session.pop("username", null);
  return redirect(urlFor("index"));
});

app.run({ debug: true });
