//go:build linux

package main

import (
	"slices"
	"strings"
	"time"
)

// An attack is one entry of the table: how wshealthz is started, what is done to it, and what must come out.
type attack struct {
	name  string
	quick bool // part of -quick

	// How wshealthz is started.
	tls         bool
	environment []string
	files       bool              // headers from a file, which meanwhile may change
	descriptors int               // RLIMIT_NOFILE, unless 0
	cgroup      map[string]string // controller: limit, as cgroupLimits has them
	stderr      stderr
	namespace   bool // in a network namespace of its own

	// What is done to it, from the start until the time is up.
	behavior     behavior            // of the server
	play         func(*callers)      // in the callers' process
	meanwhile    func(*arena) string // in the judge's process; it returns what it did, or "" for nothing
	gatewayPause time.Duration
	seconds      float64 // at least
	together     string  // played at the same time as the next ones with the same word, which measure no load of a CPU
	alone        func(*arena) result

	// What must come out.
	right func(answer) bool  // default: 200 and "ok"
	late  time.Duration      // for an answer, where -within cannot be had
	least load               // what must have happened for the attack to count
	lines int                // at most this many lines of log, unless 0
	after func(*arena) error // judged after the attack, while wshealthz still runs
}

const (
	mostMemory = 16.0 // MiB of high water
	mostGrowth = 1.5  // times the resident memory of before
	settleTime = 30 * time.Second
)

// attacks returns the table.
func attacks() []*attack {
	return slices.Concat(none(), headers(), busy(), silent(), drains(), adminAttacks(), files(), processes(), limits(), quiet(), checks())
}

// none is no attack. Where it fails, the machine is too busy to tell anything from the others.
func none() []*attack {
	idle := func(a *arena) string { <-a.done; return "nothing" }
	return []*attack{{name: "no attack, for comparison", quick: true, meanwhile: idle}}
}

// withTLS returns each attack twice, the second time over TLS.
func withTLS(plain ...*attack) (both []*attack) {
	for _, a := range plain {
		secure := *a
		secure.name, secure.tls, secure.quick = a.name+", TLS", true, false
		secure.least.Requests /= 5 // the callers' process has one CPU
		both = append(both, a, &secure)
	}
	return both
}

func ok(a answer) bool { return a.status == 200 && a.body == "ok\n" }

// badWith returns what is right when the verdict must be 503 with a reason.
func badWith(reason string) func(answer) bool {
	return func(a answer) bool { return a.status == 503 && strings.Contains(a.body, reason) }
}

// okOr returns what is right when the verdict changes between ok and a reason.
func okOr(reason string) func(answer) bool {
	bad := badWith(reason)
	return func(a answer) bool { return ok(a) || bad(a) }
}
