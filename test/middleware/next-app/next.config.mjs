export default {
  // The suite sets the compression that it wants.
  compress: false,
  poweredByHeader: false,
  // The folder of the built app is inside the repository, which has a lock file as well.
  turbopack: { root: import.meta.dirname },
};
