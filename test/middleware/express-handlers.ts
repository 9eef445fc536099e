// Handlers that need what Express adds to a response.
import type { Request, Response } from "express";
import type { RawRequest } from "./answer.ts";
import { files, lines, png } from "./files.ts";
import type { Handle, HandlerCase } from "./handler.ts";

function express(name: string, handle: Handle<Request, Response>, request: RawRequest = {}): HandlerCase {
  return { name, handle: handle as Handle, request, needs: "express" };
}

const rows = Array.from({ length: 100 }, (_, index) => ({ index, text: "a row of a table" }));

export const expressHandlers: readonly HandlerCase[] = [
  express("send", (_req, res) => res.send(lines(5_000))),
  express("send a buffer", (_req, res) => res.send(png)),
  express("json", (_req, res) => res.json(rows)),
  express("json of a status", (_req, res) => res.status(201).json({ made: true })),
  express("jsonp", (_req, res) => res.jsonp(rows)),
  express("redirect", (_req, res) => res.redirect("/elsewhere")),
  express("redirect for good", (_req, res) => res.redirect(301, "/elsewhere")),
  express("sendStatus", (_req, res) => res.sendStatus(404)),
  express("render", (_req, res) => res.render("page", { title: "Page" })),
  express("format", (_req, res) => res.format({ html: () => res.send("<p>page</p>"), json: () => res.json({}) })),
  express("cookie and clearCookie", (_req, res) => res.cookie("theme", "dark").clearCookie("old").send("text")),
  express("HEAD of send", (_req, res) => res.send(lines(5_000)), { method: "HEAD" }),
  express("status text of Express that is forbidden", (_req, res) => {
    res.statusMessage = "No such thing: \u4f60";
    res.status(404).end();
  }),
  express("sendFile of 5 KB", (_req, res) => res.sendFile(files.small)),
  express("sendFile of 500 KB", (_req, res) => res.sendFile(files.large)),
  express("sendFile with a callback", (_req, res, _next, note) => {
    res.sendFile(files.small, (error) => note(`sendFile: ${error ?? "done"}`));
  }),
  express("sendFile of a range", (_req, res) => res.sendFile(files.large), { headers: { range: "bytes=100-199" } }),
  express("sendFile of a bad range", (_req, res) => res.sendFile(files.small), { headers: { range: "bytes=9999-" } }),
  express("sendFile that is known", (_req, res) => res.sendFile(files.small), {
    headers: { "if-modified-since": "Fri, 01 Jan 2100 00:00:00 GMT" },
  }),
  express("sendFile that is missing", (_req, res) => res.sendFile(`${files.folder}/missing`)),
  express("HEAD of sendFile", (_req, res) => res.sendFile(files.small), { method: "HEAD" }),
  express("download", (_req, res) => res.download(files.small)),
  express("send that is fresh", (_req, res) => res.set("ETag", '"fresh"').send("text"), {
    headers: { "if-none-match": '"fresh"' },
  }),
  express("no route", (_req, _res, next) => next()),
  express("send twice", (_req, res, _next, note) => {
    res.send("one");
    try {
      res.send("two");
    } catch (error) {
      note(`second send: ${Reflect.get(Object(error), "code")}`);
    }
  }),
  express("multipart", (req, res) => res.json({ body: req.body ?? null }), {
    method: "POST",
    headers: { "content-type": "multipart/form-data; boundary=edge" },
    body: '--edge\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--edge--\r\n',
  }),
];
