// What the pages say, in the languages that they speak.

interface Texts {
  /** For `<html lang>`. */
  readonly lang: string;
  /** The name follows at once. */
  readonly loggedInAs: string;
  readonly logOut: string;
  readonly notLoggedIn: string;
  readonly logIn: string;
  readonly login: string;
  readonly username: string;
  readonly nameMissing: string;
  readonly nameTooLong: string;
  readonly formOutdated: string;
  readonly devices: string;
  readonly allSessions: string;
}

export const texts: Readonly<Record<"en" | "zh", Texts>> = {
  en: {
    lang: "en",
    loggedInAs: "Logged in as ",
    logOut: "click here to log out",
    notLoggedIn: "You are not logged in",
    logIn: "click here to log in",
    login: "Login",
    username: "Username",
    nameMissing: "Please enter a username.",
    nameTooLong: "A username has at most 64 characters.",
    formOutdated: "This page was out of date. Please try again.",
    devices: "Your devices",
    allSessions: "All sessions",
  },
  zh: {
    lang: "zh-CN",
    loggedInAs: "登录用户名是:",
    logOut: "点击这里注销",
    notLoggedIn: "您暂未登录",
    logIn: "点击这里登录",
    login: "登录",
    username: "用户名",
    nameMissing: "请输入用户名。",
    nameTooLong: "用户名最多 64 个字符。",
    formOutdated: "页面已过期,请再试一次。",
    devices: "您的设备",
    allSessions: "所有会话",
  },
};
