// Texts and HTML of the pages.
export function form(csrfToken: string): string {
  return `
  <form method="post" action="/login">
    <input type="hidden" name="_csrf" value="${csrfToken}">
    <label>Username <input name="username" required maxlength="64" autocomplete="username"></label>
    <button>Log in</button>
  </form>`;
}

export function welcome(username: string, csrfToken: string): string {
  return `
  <p>Logged in as ${escapeHtml(username)}</p>
  <form method="post" action="/logout">
    <input type="hidden" name="_csrf" value="${csrfToken}">
    <button>Log out</button>
  </form>`;
}

export const stranger = '<p>You are not logged in. <a href="/login">Log in</a></p>';

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
