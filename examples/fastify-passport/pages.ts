// Texts and HTML of the pages.
export function form(errors: readonly string[]): string {
  return `
  ${errors.map((error) => `<p role="alert">${escapeHtml(error)}</p>`).join("")}
  <form method="post" action="/login">
    <label>Username <input name="username" maxlength="64" autocomplete="username"></label>
    <button>Log in</button>
  </form>`;
}

export function welcome(username: string | undefined): string {
  if (username === undefined) return '<p>You are not logged in. <a href="/login">Log in</a></p>';
  return `
  <p>Logged in as ${escapeHtml(username)}</p>
  <form method="post" action="/logout"><button>Log out</button></form>`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
