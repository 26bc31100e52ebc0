// Package oracle compares the verdicts of package upgrade with those of a browser behind a gateway. A seeded generator
// makes answers to the opening handshake, and frames after it. Chromium, and nginx, HAProxy and Caddy in front of the
// same server, say what a user would get: the answer is healthy when Chromium opens it directly, and at least two of the
// three gateways pass it on as a 101 that Chromium opens.
//
// It has tests alone. Those with the build tag "oracles" need the real programs: .ci/oracles installs and runs them.
package oracle
