// The icon in the browser's tab and beside the title: a coat hanger.
export const icon: string = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="8" fill="#2454c6"/><path d="M16 8a3 3 0 1 1 1.5 5.6V15l8 5.5a1.6 1.6 0 0 1-.9 3H7.4a1.6 1.6 0 0 1-.9-3l8-5.5v-2.5l1.1-.6A1.5 1.5 0 1 0 14.5 11" fill="none" stroke="#fff" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"/></svg>
`;
