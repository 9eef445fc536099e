import { login } from "../actions";

export default function Page() {
  return (
    <form action={login}>
      <label>
        Username <input name="username" required maxLength={64} autoComplete="username" />
      </label>
      <button type="submit">Log in</button>
    </form>
  );
}
